-- Topic `driver_status`: a message whenever a driver's state changes.

with changes as (
    select driver_no, 'online' as status, starts_at as changed_at, null as trip_id from {{ ref('sim_shifts') }}
    union all
    select driver_no, 'offline', ends_at, null from {{ ref('sim_shifts') }}
    union all
    select driver_no, 'en_route', matched_at, trip_id from {{ ref('sim_trips') }} where matched_at is not null
    union all
    select driver_no, 'on_trip', started_at, trip_id from {{ ref('sim_trips') }} where started_at is not null
    union all
    select driver_no, 'online', ended_at, null from {{ ref('sim_trips') }} where driver_no is not null
),

events as (
    select
        {{ stable_uuid('driver', 'driver_no') }}::varchar as key,
        json_object(
            'event_id', {{ stable_uuid('status', "driver_no || status || epoch_us(changed_at)") }},
            'driver_id', {{ stable_uuid('driver', 'driver_no') }},
            'status', status,
            'trip_id', trip_id,
            'battery_percent', {{ between('battery', "driver_no || epoch_us(changed_at)", 8, 100) }},
            'changed_at', {{ iso('changed_at') }}
        ) as value,
        changed_at as occurred_at
    from changes
)

{{ publish('driver_status', partitions=2) }}
