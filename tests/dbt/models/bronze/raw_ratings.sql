-- Topic `ratings`: what riders and drivers thought of each other. Not everyone says.

{% set praise -%}
[[], ['pontual'], ['simpático', 'pontual'], ['carro limpo'], ['boa música', 'carro limpo', 'pontual']]
{%- endset %}
{% set blame -%}
[[], ['atrasado'], ['direção brusca'], ['atrasado', 'rude']]
{%- endset %}
{% set kind_words -%}
[null, null, null, null, 'Ótima corrida!', 'Muito bom 👍', 'ありがとうございます']
{%- endset %}
{% set hard_words -%}
[null, null, 'Não encontrei o carro', 'Trânsito, mas tudo bem', 'Cobrança “estranha”']
{%- endset %}

with sides as (
    select *, 'rider' as rated_by, 70 as percent from {{ ref('sim_trips') }} where outcome = 'completed'
    union all
    select *, 'driver', 45 from {{ ref('sim_trips') }} where outcome = 'completed'
),

ratings as (
    select
        *,
        rated_by || '-' || trip_key as rating_key,
        ended_at + to_milliseconds({{ between('rated after', 'rating_key', 4000, 7200000) }}) as rated_at,
        {{ pick('stars', 'rating_key', '[5, 5, 5, 5, 5, 5, 5, 4, 4, 3, 2, 1]') }} as stars
    from sides
    where {{ dice('rates at all', 'rating_key', 100) }} < percent
),

events as (
    select
        trip_id::varchar as key,
        json_object(
            'rating_id', {{ stable_uuid('rating', 'rating_key') }},
            'trip_id', trip_id,
            'rated_by', rated_by,
            'stars', stars,
            'tags', case
                when stars >= 4
                    then {{ pick('praise', 'rating_key', praise) }}
                else {{ pick('blame', 'rating_key', blame) }}
            end,
            'comment', case
                when stars >= 4 then {{ pick('kind words', 'rating_key', kind_words) }}
                else {{ pick('hard words', 'rating_key', hard_words) }}
            end,
            'rated_at', {{ iso('rated_at') }}
        ) as value,
        rated_at as occurred_at
    from ratings
)

{{ publish('ratings', partitions=2) }}
