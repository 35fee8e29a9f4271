-- Topic `rider_profiles`: a rider's profile when it is created, and again, whole, when it changes.

{% set methods -%}
['pix', 'pix', 'credit_card', 'debit_card', 'wallet', 'cash']
{%- endset %}
{% set places -%}
[
    null, '{}', '{"casa": 7}', '{"casa": 11, "trabalho": 13}', '{"casa": 18, "avó": 19, "academia": 17}'
]
{%- endset %}

with names as (
    select
        list(given_name order by given_name) as given_names,
        list(family_name order by family_name) as family_names
    from {{ ref('names') }}
),

versions as (
    select
        rider_no,
        version,
        rider_no || '-' || version as version_key,
        timestamptz '2025-01-06 12:00:00Z' + to_minutes({{ dice('rider joined', 'rider_no', 525600) }}) as created_at,
        created_at + to_hours(version * {{ between('rider changed after', 'rider_no', 24, 1200) }}) as updated_at
    from range({{ var('riders') }}) as riders (rider_no)
    cross join unnest(range({{ pick('rider versions', 'rider_no', '[1, 1, 1, 2]') }})) as each_version (version)
),

events as (
    select
        {{ stable_uuid('rider', 'rider_no') }}::varchar as key,
        json_object(
            'rider_id', {{ stable_uuid('rider', 'rider_no') }},
            'full_name', {{ pick('rider given', 'rider_no', 'given_names') }}
                || ' ' || {{ pick('rider family', 'rider_no', 'family_names') }},
            -- One rider in ten never gave an address.
            'email', case
                when {{ dice('rider has email', 'rider_no', 10) }} > 0 then format('rider{:05d}@example.com', rider_no)
            end,
            'phone', '+55 11 9' || lpad({{ dice('rider phone', 'version_key', 100000000) }}::varchar, 8, '0'),
            'preferred_payment', {{ pick('prefers', 'version_key', methods) }},
            -- A rider's own names for places, and the zone each is in.
            'saved_places', {{ pick('places', 'version_key', places) }}::json,
            'marketing_consent', {{ pick('consent', 'version_key', '[true, false, null]') }},
            'created_at', {{ iso('created_at') }},
            'updated_at', {{ iso('updated_at') }}
        ) as value,
        updated_at as occurred_at
    from versions
    cross join names
)

{{ publish('rider_profiles', partitions=1) }}
