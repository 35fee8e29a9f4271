-- Topic `payments`: one charge per completed trip.

{% set methods -%}
['pix', 'pix', 'pix', 'credit_card', 'credit_card', 'debit_card', 'wallet', 'cash']
{%- endset %}

with charges as (
    select
        *,
        ended_at + to_milliseconds({{ between('charged after', 'trip_key', 300, 20000) }}) as processed_at,
        {{ pick('method', 'trip_key', methods) }} as method,
        case {{ dice('payment fate', 'trip_key', 100) }}
            when 0 then 'failed'
            when 1 then 'refunded'
            else 'captured'
        end as status,
        {{ pick('tip', 'trip_key', '[null, null, null, null, null, 2.00, 3.50, 5.00, 10.00]') }}::decimal(10, 2) as tip,
        (fare * 0.25)::decimal(10, 2) as platform_fee
    from {{ ref('sim_trips') }}
    where outcome = 'completed'
),

events as (
    select
        trip_id::varchar as key,
        json_object(
            'payment_id', {{ stable_uuid('payment', 'trip_key') }},
            'trip_id', trip_id,
            'method', method,
            'status', status,
            'amount', fare::varchar,
            'platform_fee', platform_fee::varchar,
            'driver_payout', (fare - platform_fee)::varchar,
            'tip', tip::varchar,
            -- Cash never meets a gateway.
            'gateway_response', case
                when method <> 'cash' then json_object(
                    'authorization', upper(left(md5('authorization:' || trip_key), 12)),
                    'risk_score', {{ dice('risk', 'trip_key', 1000) }} / 1000,
                    'message', if(status = 'failed', 'Transação não autorizada', null)
                )
            end,
            'processed_at', {{ iso('processed_at') }}
        ) as value,
        processed_at as occurred_at
    from charges
)

{{ publish('payments', partitions=2) }}
