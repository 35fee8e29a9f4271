{#
  A topic's messages: the Delta tables that bronze-ingestion writes, or on DuckDB, without DBT_BRONZE_URL, the simulated
  ones. All have the columns of the Kafka envelope, and `value` is JSON as text.
#}
{% macro bronze(topic) -%}
    {{ return(adapter.dispatch('bronze')(topic)) }}
{%- endmacro %}

{% macro duckdb__bronze(topic) -%}
    {{ return(source('bronze', 'bronze_' ~ topic) if env_var('DBT_BRONZE_URL', '') else ref('raw_' ~ topic)) }}
{%- endmacro %}

{% macro default__bronze(topic) -%}
    {{ return(source('bronze', 'bronze_' ~ topic)) }}
{%- endmacro %}
