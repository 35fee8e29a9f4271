-- Surge, waiting riders and free drivers of each zone, hour by hour.

with updates as (
    select
        *,
        {{ hour_of('effective_at') }} as hour_utc,
        {{ hour_of(city_time('effective_at')) }} as hour_local
    from {{ ref('stg_surge_updates') }}
)

select
    zone_id,
    hour_utc,
    hour_local,
    count(*) as updates,
    max(multiplier) as peak_multiplier,
    {{ mean('multiplier') }} as mean_multiplier,
    cast(max(pending_requests) as int) as most_pending_requests,
    cast(min(available_drivers) as int) as fewest_available_drivers
from updates
group by zone_id, hour_utc, hour_local
