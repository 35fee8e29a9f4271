-- The zones of the city, each a square of about two kilometres around its centre.

select
    zone_id,
    zone_name,
    district,
    is_airport,
    struct_pack(lat := lat, lon := lon) as centre,
    [
        struct_pack(lat := round(lat + corner[1] / 100, 4), lon := round(lon + corner[2] / 100, 4))
        for corner in [[-1, -1], [-1, 1], [1, 1], [1, -1], [-1, -1]]
    ] as boundary
from {{ ref('zones') }}
