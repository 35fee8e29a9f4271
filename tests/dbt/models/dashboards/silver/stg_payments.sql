-- One row per charge.

with deliveries as (
    select
        value,
        row_number() over (
            partition by {{ json_text('value', '$.payment_id') }} order by kafka_partition, kafka_offset
        ) as delivery
    from {{ bronze('payments') }}
)

select
    {{ json_text('value', '$.payment_id') }} as payment_id,
    {{ json_text('value', '$.trip_id') }} as trip_id,
    {{ json_text('value', '$.method') }} as method,
    {{ json_text('value', '$.status') }} as status,
    cast({{ json_text('value', '$.amount') }} as decimal(10, 2)) as amount,
    cast({{ json_text('value', '$.platform_fee') }} as decimal(10, 2)) as platform_fee,
    cast({{ json_text('value', '$.driver_payout') }} as decimal(10, 2)) as driver_payout,
    cast(coalesce({{ json_text('value', '$.tip') }}, '0') as decimal(10, 2)) as tip,
    {{ utc_time(json_text('value', '$.processed_at')) }} as processed_at
from deliveries
where delivery = 1
