-- One row per change of a zone's surge multiplier.

with fields as (
    select
        ingested_at,
        kafka_partition,
        kafka_offset,
        unnest(from_json_strict(value, '{
            "zone_id": "SMALLINT",
            "multiplier": "DECIMAL(4,2)",
            "pending_requests": "INTEGER",
            "available_drivers": "INTEGER",
            "effective_at": "TIMESTAMPTZ"
        }'))
    from {{ ref('raw_surge_updates') }}
),

updates as (
    select *
    from fields
    {{ first_delivery('zone_id, effective_at') }}
)

select
    zone_id,
    multiplier,
    pending_requests,
    available_drivers,
    effective_at,
    -- The newest update of a zone is open-ended.
    lead(effective_at) over (partition by zone_id order by effective_at) as superseded_at,
    ingested_at
from updates
