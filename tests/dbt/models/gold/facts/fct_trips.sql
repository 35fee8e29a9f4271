-- Every trip that was asked for, whatever became of it.

select
    trip_id,
    rider_id,
    driver_id,
    pickup_zone_id,
    dropoff_zone_id,
    {{ date_key(local_time('requested_at')) }} as date_key,
    requested_at,
    {{ local_time('requested_at') }} as requested_at_local,
    status,
    cancelled_by,
    len(declined_by)::integer as times_declined,
    date_diff('second', requested_at, matched_at)::integer as match_seconds,
    date_diff('second', matched_at, started_at)::integer as pickup_seconds,
    case when status = 'completed' then date_diff('second', started_at, ended_at)::integer end as ride_seconds,
    distance_km,
    surge_multiplier,
    fare,
    fare / nullif(distance_km, 0) as fare_per_km,
    client ->> '$.app' as app
from {{ ref('trips') }}
