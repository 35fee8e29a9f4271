-- Topic `driver_profiles`: a driver's profile when it is created, and again, whole, when it changes.

{% set languages -%}
[['pt'], ['pt'], ['pt', 'en'], ['pt', 'es'], ['pt', 'ja', 'en']]
{%- endset %}
{% set shift_starts -%}
['05:30:00', '07:00:00', '12:00:00', '17:45:00', null]
{%- endset %}
{% set preferences -%}
[null, '{"pets": true}', '{"pets": false, "max_km": 30}', '{"quiet": true, "rádio": "samba"}']
{%- endset %}

with names as (
    select
        list(given_name order by given_name) as given_names,
        list(family_name order by family_name) as family_names
    from {{ ref('names') }}
),

cars as (
    select [
        ('Fiat', 'Argo'), ('Fiat', 'Cronos'), ('Volkswagen', 'Gol'), ('Volkswagen', 'Virtus'), ('Chevrolet', 'Onix'),
        ('Hyundai', 'HB20'), ('Renault', 'Logan'), ('Toyota', 'Corolla'), ('Citroën', 'C3'), ('BYD', 'Dolphin')
    ] as models
),

versions as (
    select
        driver_no,
        version,
        driver_no || '-' || version as version_key,
        timestamptz '2025-01-06 12:00:00Z' + to_minutes({{ dice('driver joined', 'driver_no', 525600) }}) as created_at,
        created_at + to_hours(version * {{ between('changed after', 'driver_no', 24, 1200) }}) as updated_at
    from range({{ var('drivers') }}) as drivers (driver_no)
    -- One driver in three has changed something since.
    cross join unnest(range({{ pick('driver versions', 'driver_no', '[1, 1, 2]') }})) as each_version (version)
),

events as (
    select
        {{ stable_uuid('driver', 'driver_no') }}::varchar as key,
        json_object(
            'driver_id', {{ stable_uuid('driver', 'driver_no') }},
            'full_name', {{ pick('driver given', 'driver_no', 'given_names') }}
                || ' ' || {{ pick('driver family', 'driver_no', 'family_names') }},
            'email', format('driver{:05d}@example.com', driver_no),
            'phone', '+55 11 9' || lpad({{ dice('driver phone', 'version_key', 100000000) }}::varchar, 8, '0'),
            'home_zone_id', {{ between('driver home', 'driver_no', 1, 21) }},
            'vehicle', json_object(
                'make', {{ pick('car', 'version_key', 'models') }}[1],
                'model', {{ pick('car', 'version_key', 'models') }}[2],
                'plate', upper(translate(left(md5('plate:' || version_key), 3), '0123456789', 'ghijklmnop'))
                    || lpad({{ dice('plate number', 'version_key', 10000) }}::varchar, 4, '0'),
                'year', {{ between('car year', 'version_key', 2014, 2026) }}
            ),
            'languages', {{ pick('languages', 'driver_no', languages) }},
            'usual_shift_start', {{ pick('usual start', 'driver_no', shift_starts) }},
            'licence_expires_on', date '2026-06-01' + {{ dice('licence', 'driver_no', 1800) }}::integer,
            'licence_scan_sha256', sha256('licence:' || driver_no),
            'preferences', {{ pick('driver preferences', 'version_key', preferences) }}::json,
            'created_at', {{ iso('created_at') }},
            'updated_at', {{ iso('updated_at') }}
        ) as value,
        updated_at as occurred_at
    from versions
    cross join names
    cross join cars
)

{{ publish('driver_profiles', partitions=1) }}
