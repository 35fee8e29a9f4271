-- Surge by zone and day.

select
    zone_id,
    {{ local_time('effective_at') }}::date as local_date,
    count(*) as updates,
    max(multiplier) as peak_multiplier,
    avg(multiplier) as average_multiplier,
    -- DuckDB sums integers to HUGEINT. Left so: what reads these tables must carry 128 bits.
    sum(pending_requests) as pending_requests,
    sum(available_drivers) as available_drivers,
    first(effective_at order by multiplier desc, effective_at) as peak_at
from {{ ref('surge_updates') }}
group by zone_id, local_date
