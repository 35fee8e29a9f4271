-- One row per change of a driver's state, with how long the state lasted.

with fields as (
    select
        ingested_at,
        kafka_partition,
        kafka_offset,
        unnest(from_json_strict(value, '{
            "event_id": "UUID",
            "driver_id": "UUID",
            "status": "VARCHAR",
            "trip_id": "UUID",
            "battery_percent": "UTINYINT",
            "changed_at": "TIMESTAMPTZ"
        }'))
    from {{ ref('raw_driver_status') }}
),

changes as (
    select * replace (status::enum ('offline', 'online', 'en_route', 'on_trip') as status)
    from fields
    {{ first_delivery('event_id') }}
)

select
    event_id,
    driver_id,
    status,
    lag(status) over by_driver as previous_status,
    trip_id,
    battery_percent,
    changed_at,
    date_diff('second', changed_at, lead(changed_at) over by_driver)::integer as seconds_in_status,
    ingested_at
from changes
window by_driver as (partition by driver_id order by changed_at)
