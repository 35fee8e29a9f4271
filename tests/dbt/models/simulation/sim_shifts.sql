-- When drivers were online: around their trips, with more than four idle hours between two shifts.

with trips as (
    select
        driver_no,
        requested_at,
        ended_at,
        coalesce(
            requested_at > lag(ended_at) over (partition by driver_no order by requested_at) + interval 4 hours,
            true
        ) as opens_a_shift
    from {{ ref('sim_trips') }}
    where driver_no is not null
),

numbered as (
    select
        *,
        sum(opens_a_shift::integer) over (
            partition by driver_no order by requested_at
        ) as shift_no
    from trips
)

select
    driver_no,
    shift_no::integer as shift_no,
    driver_no || '-' || shift_no as shift_key,
    -- Up to 90 minutes before and 60 after: two shifts can never meet.
    min(requested_at) - to_seconds({{ between('clock in', 'shift_key', 1200, 5400) }}) as starts_at,
    max(ended_at) + to_seconds({{ between('clock out', 'shift_key', 600, 3600) }}) as ends_at
from numbered
group by driver_no, shift_no
