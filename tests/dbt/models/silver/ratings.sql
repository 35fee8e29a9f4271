-- One row per rating, given by either side of a trip.

with fields as (
    select
        ingested_at,
        kafka_partition,
        kafka_offset,
        unnest(from_json_strict(value, '{
            "rating_id": "UUID",
            "trip_id": "UUID",
            "rated_by": "VARCHAR",
            "stars": "TINYINT",
            "tags": ["VARCHAR"],
            "comment": "VARCHAR",
            "rated_at": "TIMESTAMPTZ"
        }'))
    from {{ ref('raw_ratings') }}
)

select
    rating_id,
    trip_id,
    rated_by,
    stars,
    tags,
    comment,
    rated_at,
    ingested_at
from fields
{{ first_delivery('rating_id') }}
