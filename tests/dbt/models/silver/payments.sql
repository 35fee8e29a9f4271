-- One row per charge.

with fields as (
    select
        ingested_at,
        kafka_partition,
        kafka_offset,
        unnest(from_json_strict(value, '{
            "payment_id": "UUID",
            "trip_id": "UUID",
            "method": "VARCHAR",
            "status": "VARCHAR",
            "amount": "DECIMAL(10,2)",
            "platform_fee": "DECIMAL(10,2)",
            "driver_payout": "DECIMAL(10,2)",
            "tip": "DECIMAL(10,2)",
            "gateway_response": "JSON",
            "processed_at": "TIMESTAMPTZ"
        }'))
    from {{ ref('raw_payments') }}
)

select
    payment_id,
    trip_id,
    method,
    status::enum ('captured', 'refunded', 'failed') as status,
    amount,
    platform_fee,
    driver_payout,
    tip,
    gateway_response,
    processed_at,
    ingested_at
from fields
{{ first_delivery('payment_id') }}
