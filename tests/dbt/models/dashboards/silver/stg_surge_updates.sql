-- One row per change of a zone's surge multiplier.

with messages as (
    select
        cast({{ json_text('value', '$.zone_id') }} as smallint) as zone_id,
        {{ utc_time(json_text('value', '$.effective_at')) }} as effective_at,
        cast({{ json_text('value', '$.multiplier') }} as decimal(4, 2)) as multiplier,
        cast({{ json_text('value', '$.pending_requests') }} as int) as pending_requests,
        cast({{ json_text('value', '$.available_drivers') }} as int) as available_drivers,
        kafka_partition,
        kafka_offset
    from {{ bronze('surge_updates') }}
),

deliveries as (
    select
        *,
        row_number() over (
            partition by zone_id, effective_at order by kafka_partition, kafka_offset
        ) as delivery
    from messages
)

select
    zone_id,
    effective_at,
    multiplier,
    pending_requests,
    available_drivers
from deliveries
where delivery = 1
