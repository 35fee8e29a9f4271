-- Riders with what they have done so far. Contact data stays in silver.

with completed as (
    select
        rider_id,
        count(*) as trips_completed,
        sum(fare) as total_fares,
        min(local_date) as first_trip_on,
        max(local_date) as last_trip_on
    from {{ ref('int_completed_trips') }}
    group by rider_id
)

select
    riders.rider_id,
    riders.full_name,
    riders.preferred_payment,
    riders.saved_places,
    riders.marketing_consent,
    coalesce(completed.trips_completed, 0) as trips_completed,
    coalesce(completed.total_fares, 0)::decimal(18, 2) as total_fares,
    completed.first_trip_on,
    completed.last_trip_on,
    riders.created_at
from {{ ref('riders') }} as riders
left join completed on riders.rider_id = completed.rider_id
