{# Keeps one row per message: at-least-once delivery repeats some. #}
{% macro first_delivery(identity) -%}
    qualify row_number() over (partition by {{ identity }} order by kafka_partition, kafka_offset) = 1
{%- endmacro %}

{# Keeps an entity's newest event. A key's events share a partition, so offsets order them. #}
{% macro newest_event() -%}
    qualify row_number() over (partition by key order by kafka_offset desc) = 1
{%- endmacro %}
