-- Each day's drivers by what they earned. A view: cheap enough to ask the aggregate every time.

{{ config(materialized='view', tags=['daily']) }}

select
    performance.local_date,
    rank() over (
        partition by performance.local_date
        order by performance.earnings desc, performance.trips_completed desc, drivers.driver_id
    ) as place,
    drivers.driver_id,
    drivers.full_name,
    performance.trips_completed,
    performance.earnings
from {{ ref('agg_daily_driver_performance') }} as performance
inner join {{ ref('dim_drivers') }} as drivers on performance.driver_id = drivers.driver_id
where performance.trips_completed > 0
