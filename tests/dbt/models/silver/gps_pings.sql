-- One row per position report.

with deliveries as (
    select value, ingested_at, kafka_partition, kafka_offset
    from {{ ref('raw_gps_pings') }}
),

fields as (
    select
        *,
        unnest(from_json_strict(value, '{
            "ping_id": "UUID",
            "driver_id": "UUID",
            "trip_id": "UUID",
            "lat": "DOUBLE",
            "lon": "DOUBLE",
            "heading_deg": "SMALLINT",
            "speed_kmh": "FLOAT",
            "accuracy_m": "FLOAT",
            "recorded_at": "TIMESTAMPTZ"
        }'))
    from deliveries
)

select
    ping_id,
    driver_id,
    trip_id,
    lat,
    lon,
    heading_deg,
    speed_kmh,
    accuracy_m,
    recorded_at,
    ingested_at
from fields
{{ first_delivery('ping_id') }}
