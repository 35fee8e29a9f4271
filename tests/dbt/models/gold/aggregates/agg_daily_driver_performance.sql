-- One row per driver and day on which the driver was online.

with online as (
    -- A state counts for the day it began on, also when it lasts past midnight.
    select
        driver_id,
        {{ local_time('changed_at') }}::date as local_date,
        sum(seconds_in_status)::bigint as online_seconds,
        coalesce(sum(seconds_in_status) filter (where status = 'on_trip'), 0)::bigint as on_trip_seconds
    from {{ ref('driver_status') }}
    where status <> 'offline'
    group by driver_id, local_date
),

rides as (
    select
        trips.driver_id,
        trips.local_date,
        count(*) as trips_completed,
        sum(trips.distance_km) as distance_km,
        sum(payments.driver_payout + payments.tip) filter (where payments.status <> 'failed') as earnings
    from {{ ref('int_completed_trips') }} as trips
    inner join {{ ref('fct_payments') }} as payments on trips.trip_id = payments.trip_id
    group by trips.driver_id, trips.local_date
),

stars as (
    select
        ratings.driver_id,
        trips.local_date,
        avg(ratings.stars) as average_stars
    from {{ ref('fct_ratings') }} as ratings
    inner join {{ ref('int_completed_trips') }} as trips on ratings.trip_id = trips.trip_id
    where ratings.rated_by = 'rider'
    group by ratings.driver_id, trips.local_date
)

select
    online.driver_id,
    online.local_date,
    {{ date_key('online.local_date') }} as date_key,
    coalesce(rides.trips_completed, 0) as trips_completed,
    coalesce(rides.distance_km, 0)::decimal(18, 3) as distance_km,
    coalesce(rides.earnings, 0)::decimal(18, 2) as earnings,
    online.online_seconds,
    online.on_trip_seconds,
    online.on_trip_seconds / nullif(online.online_seconds, 0) as utilisation,
    stars.average_stars
from online
left join rides on online.driver_id = rides.driver_id and online.local_date = rides.local_date
left join stars on online.driver_id = stars.driver_id and online.local_date = stars.local_date
