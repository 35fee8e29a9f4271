-- Every charge, with the trip's parties.

select
    payments.payment_id,
    payments.trip_id,
    trips.rider_id,
    trips.driver_id,
    {{ date_key(local_time('payments.processed_at')) }} as date_key,
    payments.processed_at,
    payments.method,
    payments.status,
    payments.amount,
    payments.platform_fee,
    payments.driver_payout,
    coalesce(payments.tip, 0)::decimal(10, 2) as tip,
    -- What the platform keeps once failed and refunded charges are out.
    case when payments.status = 'captured' then payments.platform_fee else 0 end::decimal(10, 2) as net_revenue,
    (payments.gateway_response ->> '$.risk_score')::double as risk_score
from {{ ref('payments') }} as payments
inner join {{ ref('trips') }} as trips on payments.trip_id = trips.trip_id
