-- Supply, demand and the surge multiplier of every zone, half-hour by half-hour.

with slots as (
    select
        zone_id,
        starts_at + to_minutes(30 * half) as starts_at,
        epoch_us(starts_at + to_minutes(30 * half)) || '-' || zone_id as slot_key,
        demand,
        popularity
    from {{ ref('sim_hours') }}
    cross join range(2) as halves (half)
    cross join {{ ref('zones') }}
),

pressure as (
    select
        *,
        (demand * popularity * {{ between('riders waiting', 'slot_key', 40, 160) }} // 500)::integer as pending_requests,
        (popularity * {{ between('drivers around', 'slot_key', 60, 160) }} // 100)::integer as available_drivers
    from slots
)

select
    zone_id,
    starts_at,
    pending_requests,
    available_drivers,
    -- A tenth more for every rider beyond the drivers at hand, at most threefold.
    least(3.0, 1.0 + 0.1 * greatest(0, pending_requests - available_drivers))::decimal(4, 2) as multiplier
from pressure
