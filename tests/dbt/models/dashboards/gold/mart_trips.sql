-- What riders asked of each zone, hour by hour, and how it was met.

with trips as (
    select
        *,
        {{ hour_of('requested_at') }} as hour_utc,
        {{ hour_of(city_time('requested_at')) }} as hour_local,
        {{ seconds_between('requested_at', 'matched_at') }} as match_seconds
    from {{ ref('stg_trips') }}
)

select
    pickup_zone_id as zone_id,
    hour_utc,
    hour_local,
    count(*) as requests,
    count(*) filter (where status = 'completed') as completed,
    count(*) filter (where status = 'cancelled') as cancelled,
    count(*) filter (where status = 'expired') as expired,
    cast(sum(times_declined) as bigint) as times_declined,
    {{ mean('match_seconds') }} as mean_match_seconds,
    {{ mean('surge_multiplier') }} as mean_surge_multiplier,
    cast(sum(case when status = 'completed' then distance_km end) as decimal(18, 3)) as distance_km
from trips
group by pickup_zone_id, hour_utc, hour_local
