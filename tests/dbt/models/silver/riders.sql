-- One row per rider, as the newest version of the profile has it.

with newest as (
    select value, ingested_at
    from {{ ref('raw_rider_profiles') }}
    {{ newest_event() }}
),

fields as (
    select
        ingested_at,
        unnest(from_json_strict(value, '{
            "rider_id": "UUID",
            "full_name": "VARCHAR",
            "email": "VARCHAR",
            "phone": "VARCHAR",
            "preferred_payment": "VARCHAR",
            "saved_places": "JSON",
            "marketing_consent": "BOOLEAN",
            "created_at": "TIMESTAMPTZ",
            "updated_at": "TIMESTAMPTZ"
        }'))
    from newest
)

select
    rider_id,
    full_name,
    email,
    phone,
    preferred_payment,
    saved_places::map(varchar, smallint) as saved_places,
    marketing_consent,
    created_at,
    updated_at,
    ingested_at
from fields
