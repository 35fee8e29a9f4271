-- What riders asked of each zone, hour by hour, and how it was met.

select
    pickup_zone_id as zone_id,
    date_trunc('hour', requested_at_local) as hour_local,
    date_key,
    count(*) as requests,
    count(*) filter (where status = 'completed') as completed,
    count(*) filter (where status = 'cancelled') as cancelled,
    count(*) filter (where status = 'expired') as expired,
    -- Integers and decimals only under avg: a sum of doubles depends on the order of the rows.
    avg(match_seconds) as average_match_seconds,
    avg(surge_multiplier) as average_surge,
    sum(fare) as gross_fares
from {{ ref('fct_trips') }}
group by zone_id, hour_local, date_key
