-- Topic `trips`: one message per step of a trip, each carrying the whole trip as it then stood.

{% set notes -%}
[
    null, null, null, null, null, null,
    'Portão azul', 'Em frente à padaria', 'Estou com um cão 🐕', 'Toque "12", 3º andar'
]
{%- endset %}

with steps as (
    select *, 'requested' as status, requested_at as occurred_at from {{ ref('sim_trips') }}
    union all
    select *, 'matched', matched_at from {{ ref('sim_trips') }} where matched_at is not null
    union all
    select *, 'in_progress', started_at from {{ ref('sim_trips') }} where started_at is not null
    union all
    select *, regexp_replace(outcome, '_by_.*', ''), ended_at from {{ ref('sim_trips') }}
),

events as (
    select
        trip_id::varchar as key,
        json_object(
            'trip_id', trip_id,
            'status', status,
            'rider_id', {{ stable_uuid('rider', 'rider_no') }},
            'driver_id', case when matched_at <= occurred_at then {{ stable_uuid('driver', 'driver_no') }} end,
            -- The drivers who let the offer pass before one took it.
            'declined_by', [
                {{ stable_uuid('driver', dice('declined', "trip_key || '-' || n", var('drivers'))) }}
                for n in range({{ pick('declines', 'trip_key', '[0, 0, 0, 0, 1, 1, 2]') }})
            ],
            'pickup_zone_id', pickup_zone_id,
            'dropoff_zone_id', dropoff_zone_id,
            'pickup', json_object('lat', pickup_lat, 'lon', pickup_lon),
            'dropoff', json_object('lat', dropoff_lat, 'lon', dropoff_lon),
            'requested_at', {{ iso_so_far('requested_at') }},
            'matched_at', {{ iso_so_far('matched_at') }},
            'started_at', {{ iso_so_far('started_at') }},
            'ended_at', {{ iso_so_far('ended_at') }},
            'cancelled_by', case when status = 'cancelled' then regexp_extract(outcome, '_by_(.*)', 1) end,
            -- Amounts travel as strings: a JSON number would be read as a float somewhere.
            'distance_km', distance_km::varchar,
            'surge_multiplier', surge_multiplier::varchar,
            'fare', case when status = 'completed' then fare::varchar end,
            'rider_note', {{ pick('note', 'trip_key', notes) }},
            'client', json_object(
                'app', {{ pick('app', 'rider_no', "['ios', 'android', 'android', 'web']") }},
                'version', '7.' || {{ dice('app version', 'rider_no', 12) }},
                'locale', {{ pick('locale', 'rider_no', "['pt-BR', 'pt-BR', 'pt-BR', 'en-US', 'es-ES', 'ja-JP']") }}
            )
        ) as value,
        occurred_at
    from steps
)

{{ publish('trips', partitions=4) }}
