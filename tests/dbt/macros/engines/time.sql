{#
  Points in time are TIMESTAMPs without a zone that hold UTC. Trino keeps their microseconds, while it rounds those of a
  timestamp with a zone to milliseconds.
#}

{# The type of a point in time. Spark's `timestamp` has a zone. #}
{% macro time_type() -%}
    {{ return(adapter.dispatch('time_type')()) }}
{%- endmacro %}

{% macro duckdb__time_type() -%}
    timestamp
{%- endmacro %}

{% macro spark__time_type() -%}
    timestamp_ntz
{%- endmacro %}

{# A point in time of an ISO 8601 text with a zone. #}
{% macro utc_time(text) -%}
    {{ return(adapter.dispatch('utc_time')(text)) }}
{%- endmacro %}

{% macro duckdb__utc_time(text) -%}
    timezone('UTC', cast({{ text }} as timestamptz))
{%- endmacro %}

{% macro spark__utc_time(text) -%}
    convert_timezone(current_timezone(), 'UTC', cast(cast({{ text }} as timestamp) as timestamp_ntz))
{%- endmacro %}

{# The city's wall clock at a point in time. #}
{% macro city_time(utc) -%}
    {{ return(adapter.dispatch('city_time')(utc)) }}
{%- endmacro %}

{% macro duckdb__city_time(utc) -%}
    timezone('{{ var("city_timezone") }}', timezone('UTC', {{ utc }}))
{%- endmacro %}

{% macro spark__city_time(utc) -%}
    convert_timezone('UTC', '{{ var("city_timezone") }}', {{ utc }})
{%- endmacro %}

{# The beginning of its hour. Spark's date_trunc makes a timestamp with a zone of one without. #}
{% macro hour_of(time) -%}
    cast(date_trunc('hour', {{ time }}) as {{ time_type() }})
{%- endmacro %}

{# Whole seconds that have passed. DuckDB's date_diff counts the boundaries between two times instead. #}
{% macro seconds_between(start, end) -%}
    {{ return(adapter.dispatch('seconds_between')(start, end)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(start, end) -%}
    date_sub('second', {{ start }}, {{ end }})
{%- endmacro %}

{% macro spark__seconds_between(start, end) -%}
    timestampdiff(second, {{ start }}, {{ end }})
{%- endmacro %}
