-- Every hour of the simulated period, with how many rides are asked for in it.

with hours as (
    select
        n as hour_no,
        timestamp '{{ var("first_day") }}' + to_hours(n) as local_hour,
        -- Relative demand by hour of the day: two commuter peaks on weekdays, late nights at weekends.
        case
            when isodow(local_hour) < 6
                then [2, 1, 1, 1, 2, 4, 7, 10, 11, 7, 5, 5, 6, 6, 5, 5, 7, 10, 12, 10, 8, 6, 5, 3]
            else [8, 7, 6, 4, 2, 1, 2, 3, 4, 5, 5, 6, 7, 7, 6, 6, 6, 7, 8, 9, 10, 10, 10, 9]
        end[1 + hour(local_hour)] as demand
    from range({{ var("days") }} * 24) as hours (n)
)

select
    hour_no::integer as hour_no,
    timezone('{{ var("city_timezone") }}', local_hour) as starts_at,
    demand,
    -- This hour's share of all requests; the dice decide which way a fraction is rounded.
    (
        (demand * {{ var("trips") }} + {{ dice('rounding', 'hour_no', 'sum(demand) over ()') }})
        // sum(demand) over ()
    )::integer as requests
from hours
