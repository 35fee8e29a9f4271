-- One row per trip, as its newest event tells it.

with events as (
    select
        value,
        -- A key's events share a partition, so offsets order them.
        row_number() over (partition by key order by kafka_offset desc) as newest
    from {{ bronze('trips') }}
)

select
    {{ json_text('value', '$.trip_id') }} as trip_id,
    {{ json_text('value', '$.rider_id') }} as rider_id,
    {{ json_text('value', '$.driver_id') }} as driver_id,
    {{ json_text('value', '$.status') }} as status,
    cast({{ json_text('value', '$.pickup_zone_id') }} as smallint) as pickup_zone_id,
    cast({{ json_text('value', '$.dropoff_zone_id') }} as smallint) as dropoff_zone_id,
    cast({{ json_length('value', '$.declined_by') }} as int) as times_declined,
    {{ utc_time(json_text('value', '$.requested_at')) }} as requested_at,
    {{ utc_time(json_text('value', '$.matched_at')) }} as matched_at,
    {{ utc_time(json_text('value', '$.started_at')) }} as started_at,
    {{ utc_time(json_text('value', '$.ended_at')) }} as ended_at,
    cast({{ json_text('value', '$.distance_km') }} as decimal(18, 3)) as distance_km,
    cast({{ json_text('value', '$.surge_multiplier') }} as decimal(4, 2)) as surge_multiplier,
    cast({{ json_text('value', '$.fare') }} as decimal(10, 2)) as fare
from events
where newest = 1
