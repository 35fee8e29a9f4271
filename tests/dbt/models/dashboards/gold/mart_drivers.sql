-- One row per driver and day on which the driver was online.

with states as (
    -- A state counts for the day it began on, also when it lasts past midnight.
    select
        driver_id,
        cast({{ city_time('changed_at') }} as date) as local_date,
        status,
        seconds_in_status
    from {{ ref('stg_driver_status') }}
    where status <> 'offline'
),

online as (
    select
        driver_id,
        local_date,
        cast(coalesce(sum(seconds_in_status), 0) as bigint) as online_seconds,
        cast(coalesce(sum(case when status = 'on_trip' then seconds_in_status end), 0) as bigint) as on_trip_seconds
    from states
    group by driver_id, local_date
),

trips as (
    select
        trip_id,
        driver_id,
        cast({{ city_time('requested_at') }} as date) as local_date
    from {{ ref('stg_trips') }}
    where status = 'completed'
),

rides as (
    select
        trips.driver_id,
        trips.local_date,
        count(*) as trips_completed,
        sum(case when payments.status <> 'failed' then payments.driver_payout + payments.tip end) as earnings
    from trips
    inner join {{ ref('stg_payments') }} as payments on trips.trip_id = payments.trip_id
    group by trips.driver_id, trips.local_date
),

stars as (
    select
        trips.driver_id,
        trips.local_date,
        {{ mean('ratings.stars') }} as mean_stars
    from {{ ref('stg_ratings') }} as ratings
    inner join trips on ratings.trip_id = trips.trip_id
    where ratings.rated_by = 'rider'
    group by trips.driver_id, trips.local_date
)

select
    online.driver_id,
    online.local_date,
    coalesce(rides.trips_completed, 0) as trips_completed,
    cast(coalesce(rides.earnings, 0) as decimal(18, 2)) as earnings,
    online.online_seconds,
    online.on_trip_seconds,
    {{ ratio('online.on_trip_seconds', 'online.online_seconds') }} as utilisation,
    stars.mean_stars
from online
left join rides on online.driver_id = rides.driver_id and online.local_date = rides.local_date
left join stars on online.driver_id = stars.driver_id and online.local_date = stars.local_date
