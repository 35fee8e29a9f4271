-- The names of the zones, for the dashboards.

select
    cast(zone_id as smallint) as zone_id,
    zone_name,
    district,
    cast(lat as double) as lat,
    cast(lon as double) as lon,
    is_airport
from {{ ref('zones') }}
