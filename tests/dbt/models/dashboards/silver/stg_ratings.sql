-- One row per rating, given by either side of a trip.

with deliveries as (
    select
        value,
        row_number() over (
            partition by {{ json_text('value', '$.rating_id') }} order by kafka_partition, kafka_offset
        ) as delivery
    from {{ bronze('ratings') }}
)

select
    {{ json_text('value', '$.rating_id') }} as rating_id,
    {{ json_text('value', '$.trip_id') }} as trip_id,
    {{ json_text('value', '$.rated_by') }} as rated_by,
    cast({{ json_text('value', '$.stars') }} as smallint) as stars,
    {{ utc_time(json_text('value', '$.rated_at')) }} as rated_at
from deliveries
where delivery = 1
