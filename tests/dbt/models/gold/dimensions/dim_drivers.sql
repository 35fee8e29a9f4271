-- Drivers with what they have done so far. Contact data stays in silver.

with completed as (
    select
        driver_id,
        count(*) as trips_completed,
        min(local_date) as first_trip_on,
        max(local_date) as last_trip_on
    from {{ ref('int_completed_trips') }}
    group by driver_id
),

rated as (
    select
        trips.driver_id,
        avg(ratings.stars)::decimal(4, 3) as average_stars
    from {{ ref('ratings') }} as ratings
    inner join {{ ref('trips') }} as trips on ratings.trip_id = trips.trip_id
    where ratings.rated_by = 'rider'
    group by trips.driver_id
)

select
    drivers.driver_id,
    drivers.full_name,
    drivers.home_zone_id,
    drivers.vehicle,
    drivers.languages,
    drivers.usual_shift_start,
    drivers.licence_expires_on,
    coalesce(completed.trips_completed, 0) as trips_completed,
    completed.first_trip_on,
    completed.last_trip_on,
    rated.average_stars,
    drivers.created_at
from {{ ref('drivers') }} as drivers
left join completed on drivers.driver_id = completed.driver_id
left join rated on drivers.driver_id = rated.driver_id
