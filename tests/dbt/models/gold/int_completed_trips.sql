-- Completed trips on the city's clock. Ephemeral: a shared definition, not a table.

{{ config(materialized='ephemeral') }}

select
    trip_id,
    rider_id,
    driver_id,
    {{ local_time('requested_at') }} as requested_at_local,
    {{ local_time('requested_at') }}::date as local_date,
    date_diff('second', started_at, ended_at) as ride_seconds,
    distance_km,
    fare
from {{ ref('trips') }}
where status = 'completed'
