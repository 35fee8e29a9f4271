-- Topic `gps_pings`: where drivers were, every two minutes on a trip and every twenty while waiting.

with trips as (
    select
        trips.*,
        -- A driver waits where the trip ended, until the next request or the end of the shift.
        least(
            shifts.ends_at,
            coalesce(
                lead(trips.requested_at) over (partition by trips.driver_no order by trips.requested_at),
                shifts.ends_at
            )
        ) as idle_until,
        date_diff('second', started_at, ended_at) as ride_seconds,
        date_diff('second', ended_at, idle_until) as idle_seconds
    from {{ ref('sim_trips') }} as trips
    inner join {{ ref('sim_shifts') }} as shifts
        on trips.driver_no = shifts.driver_no
        and trips.requested_at between shifts.starts_at and shifts.ends_at
),

positions as (
    select
        'ride-' || trip_key || '-' || elapsed as ping_key,
        driver_no,
        trip_id,
        started_at + to_seconds(elapsed) as recorded_at,
        pickup_lat + (dropoff_lat - pickup_lat) * elapsed / ride_seconds as true_lat,
        pickup_lon + (dropoff_lon - pickup_lon) * elapsed / ride_seconds as true_lon,
        -- Whole degrees: the last bit of atan2 differs between C libraries.
        (round(degrees(atan2(dropoff_lon - pickup_lon, dropoff_lat - pickup_lat)))::integer + 360) % 360 as heading_deg,
        (distance_km * {{ between('speed', 'ping_key', 1800, 5400) }} / ride_seconds)::decimal(5, 1) as speed_kmh
    from trips
    cross join unnest(range(0, ride_seconds, 120)) as each_ping (elapsed)
    where outcome = 'completed'

    union all

    select
        'idle-' || trip_key || '-' || elapsed as ping_key,
        driver_no,
        null as trip_id,
        ended_at + to_seconds(elapsed) as recorded_at,
        dropoff_lat as true_lat,
        dropoff_lon as true_lon,
        null as heading_deg,
        0 as speed_kmh
    from trips
    cross join unnest(range(10, idle_seconds, 1200)) as each_ping (elapsed)
    where outcome = 'completed'
),

events as (
    select
        {{ stable_uuid('driver', 'driver_no') }}::varchar as key,
        json_object(
            'ping_id', {{ stable_uuid('ping', 'ping_key') }},
            'driver_id', {{ stable_uuid('driver', 'driver_no') }},
            'trip_id', trip_id,
            'lat', round(true_lat + {{ between('lat noise', 'ping_key', -60, 60) }} / 1e6, 6),
            'lon', round(true_lon + {{ between('lon noise', 'ping_key', -60, 60) }} / 1e6, 6),
            'heading_deg', heading_deg,
            'speed_kmh', speed_kmh,
            'accuracy_m', {{ between('accuracy', 'ping_key', 25, 300) }} / 10,
            'recorded_at', {{ iso('recorded_at') }}
        ) as value,
        recorded_at as occurred_at
    from positions
)

{{ publish('gps_pings', partitions=8) }}
