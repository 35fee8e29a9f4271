{# A field of a JSON text, as text; NULL where it is absent or null. #}
{% macro json_text(json, path) -%}
    {{ return(adapter.dispatch('json_text')(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_text(json, path) -%}
    ({{ json }} ->> '{{ path }}')
{%- endmacro %}

{% macro spark__json_text(json, path) -%}
    get_json_object({{ json }}, '{{ path }}')
{%- endmacro %}

{# How many elements a list in a JSON text has; NULL where it is absent or null. #}
{% macro json_length(json, path) -%}
    {{ return(adapter.dispatch('json_length')(json, path)) }}
{%- endmacro %}

{# DuckDB counts 0 elements in a null. #}
{% macro duckdb__json_length(json, path) -%}
    case when json_type({{ json }}, '{{ path }}') = 'ARRAY' then json_array_length({{ json }}, '{{ path }}') end
{%- endmacro %}

{% macro spark__json_length(json, path) -%}
    json_array_length(get_json_object({{ json }}, '{{ path }}'))
{%- endmacro %}
