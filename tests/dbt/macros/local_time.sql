{# The city's wall clock (TIMESTAMP) at a point in time (TIMESTAMPTZ). #}
{% macro local_time(timestamp) -%}
    timezone('{{ var("city_timezone") }}', {{ timestamp }})
{%- endmacro %}

{# The key of dim_date for a local date or timestamp: 20260302. #}
{% macro date_key(local) -%}
    strftime({{ local }}, '%Y%m%d')::integer
{%- endmacro %}
