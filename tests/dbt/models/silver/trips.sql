-- One row per trip, as its newest event tells it.

with newest as (
    select value, ingested_at
    from {{ ref('raw_trips') }}
    {{ newest_event() }}
),

-- Strict: a message that lacks a field must stop the build, not turn into NULLs.
fields as (
    select
        ingested_at,
        unnest(from_json_strict(value, '{
            "trip_id": "UUID",
            "rider_id": "UUID",
            "driver_id": "UUID",
            "declined_by": ["UUID"],
            "status": "VARCHAR",
            "cancelled_by": "VARCHAR",
            "pickup_zone_id": "SMALLINT",
            "dropoff_zone_id": "SMALLINT",
            "pickup": {"lat": "DOUBLE", "lon": "DOUBLE"},
            "dropoff": {"lat": "DOUBLE", "lon": "DOUBLE"},
            "requested_at": "TIMESTAMPTZ",
            "matched_at": "TIMESTAMPTZ",
            "started_at": "TIMESTAMPTZ",
            "ended_at": "TIMESTAMPTZ",
            "distance_km": "DECIMAL(18,3)",
            "surge_multiplier": "DECIMAL(4,2)",
            "fare": "DECIMAL(10,2)",
            "rider_note": "VARCHAR",
            "client": "JSON"
        }'))
    from newest
)

select
    trip_id,
    rider_id,
    driver_id,
    declined_by,
    status::enum ('requested', 'matched', 'in_progress', 'completed', 'cancelled', 'expired') as status,
    cancelled_by::enum ('rider', 'driver') as cancelled_by,
    pickup_zone_id,
    dropoff_zone_id,
    pickup,
    dropoff,
    requested_at,
    matched_at,
    started_at,
    ended_at,
    distance_km,
    surge_multiplier,
    fare,
    rider_note,
    client,
    ingested_at
from fields
