-- Topic `surge_updates`: a zone's multiplier, published only when it changes.

with changes as (
    select *
    from {{ ref('sim_surge') }}
    qualify multiplier is distinct from lag(multiplier) over (partition by zone_id order by starts_at)
),

events as (
    select
        zone_id::varchar as key,
        json_object(
            'zone_id', zone_id,
            'multiplier', multiplier::varchar,
            'pending_requests', pending_requests,
            'available_drivers', available_drivers,
            'effective_at', {{ iso('starts_at') }}
        ) as value,
        starts_at as occurred_at
    from changes
)

{{ publish('surge_updates', partitions=2) }}
