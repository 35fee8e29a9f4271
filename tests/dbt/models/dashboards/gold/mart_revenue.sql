-- What each way of paying brought, hour by hour.

with charges as (
    select
        *,
        {{ hour_of('processed_at') }} as hour_utc,
        {{ hour_of(city_time('processed_at')) }} as hour_local
    from {{ ref('stg_payments') }}
)

select
    method,
    hour_utc,
    hour_local,
    count(*) as charges,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'refunded') as refunded,
    -- Failed and refunded charges bring nothing.
    cast(coalesce(sum(case when status = 'captured' then amount end), 0) as decimal(18, 2)) as gross,
    cast(coalesce(sum(case when status = 'captured' then platform_fee end), 0) as decimal(18, 2)) as net_revenue,
    cast(coalesce(sum(case when status = 'captured' then driver_payout end), 0) as decimal(18, 2)) as driver_payout,
    cast(coalesce(sum(case when status = 'captured' then tip end), 0) as decimal(18, 2)) as tips
from charges
group by method, hour_utc, hour_local
