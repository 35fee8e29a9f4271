{{ config(enabled=target.type == 'duckdb' and not env_var('DBT_BRONZE_URL', '')) }}

-- A trip is charged the multiplier its pickup zone had when the ride was asked for: rows are overcharged
-- or undercharged trips.

select
    trips.trip_id,
    trips.surge_multiplier,
    surge.multiplier as multiplier_in_force
from {{ ref('fct_trips') }} as trips
asof left join {{ ref('surge_updates') }} as surge
    on trips.pickup_zone_id = surge.zone_id
    and trips.requested_at >= surge.effective_at
where trips.surge_multiplier is distinct from surge.multiplier
