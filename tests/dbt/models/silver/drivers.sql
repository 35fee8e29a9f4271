-- One row per driver, as the newest version of the profile has it.

with newest as (
    select value, ingested_at
    from {{ ref('raw_driver_profiles') }}
    {{ newest_event() }}
),

fields as (
    select
        ingested_at,
        unnest(from_json_strict(value, '{
            "driver_id": "UUID",
            "full_name": "VARCHAR",
            "email": "VARCHAR",
            "phone": "VARCHAR",
            "home_zone_id": "SMALLINT",
            "vehicle": {"make": "VARCHAR", "model": "VARCHAR", "plate": "VARCHAR", "year": "SMALLINT"},
            "languages": ["VARCHAR"],
            "usual_shift_start": "TIME",
            "licence_expires_on": "DATE",
            "licence_scan_sha256": "VARCHAR",
            "preferences": "JSON",
            "created_at": "TIMESTAMPTZ",
            "updated_at": "TIMESTAMPTZ"
        }'))
    from newest
)

select
    driver_id,
    full_name,
    email,
    phone,
    home_zone_id,
    vehicle,
    languages,
    usual_shift_start,
    licence_expires_on,
    unhex(licence_scan_sha256) as licence_scan_sha256,
    preferences,
    created_at,
    updated_at,
    ingested_at
from fields
