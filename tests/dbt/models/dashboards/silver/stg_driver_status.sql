-- One row per change of a driver's state, with how long the state lasted.

with deliveries as (
    select
        value,
        row_number() over (
            partition by {{ json_text('value', '$.event_id') }} order by kafka_partition, kafka_offset
        ) as delivery
    from {{ bronze('driver_status') }}
),

changes as (
    select
        {{ json_text('value', '$.event_id') }} as event_id,
        {{ json_text('value', '$.driver_id') }} as driver_id,
        {{ json_text('value', '$.status') }} as status,
        {{ utc_time(json_text('value', '$.changed_at')) }} as changed_at
    from deliveries
    where delivery = 1
),

intervals as (
    -- The id decides between changes of the same moment.
    select
        *,
        lead(changed_at) over (partition by driver_id order by changed_at, event_id) as left_at
    from changes
)

select
    event_id,
    driver_id,
    status,
    changed_at,
    cast({{ seconds_between('changed_at', 'left_at') }} as bigint) as seconds_in_status
from intervals
