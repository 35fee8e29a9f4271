{{ config(enabled=target.type == 'duckdb' and not env_var('DBT_BRONZE_URL', '')) }}

-- Rows are trips that were matched to a driver who had not finished the one before.

select
    trip_id,
    driver_id,
    matched_at,
    lag(ended_at) over (partition by driver_id order by matched_at) as previous_ended_at
from {{ ref('trips') }}
where driver_id is not null
qualify matched_at < previous_ended_at
