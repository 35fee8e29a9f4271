{# A point in time as the platform's events write it: ISO 8601, UTC, microseconds. #}
{% macro iso(timestamp) -%}
    strftime({{ timestamp }}, '%Y-%m-%dT%H:%M:%S.%fZ')
{%- endmacro %}

{# The same, unless it had yet to come when the event occurred. #}
{% macro iso_so_far(timestamp) -%}
    case when {{ timestamp }} <= occurred_at then {{ iso(timestamp) }} end
{%- endmacro %}

{#
  What ingestion stores after the CTE `events` (key, value, occurred_at) went through a topic: the message in its
  Kafka envelope. Delivery is at least once, so about one message in 200 is there twice; silver must cope.
#}
{% macro publish(topic, partitions) %}
select
    '{{ topic }}' as topic,
    {{ dice('partition', 'key', partitions) }}::integer as kafka_partition,
    row_number() over (partition by kafka_partition order by occurred_at, key, value::varchar, delivery) - 1 as kafka_offset,
    key,
    value,
    occurred_at + to_milliseconds({{ between('publish delay', 'value', 2, 40) }}) as published_at,
    -- The ingestion job's clock is UTC without a zone, as many loaders' are.
    published_at::timestamp + to_milliseconds({{ between('ingest delay', 'value', 200, 9000) }}) as ingested_at
from (
    select *, 1 as delivery from events
    union all
    select *, 2 as delivery from events where {{ dice('redelivery', 'value', 200) }} = 0
)
{% endmacro %}
