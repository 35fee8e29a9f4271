{#
  Schemas are the layers themselves: `silver`, not dbt's default `<target schema>_silver`. DBT_SCHEMA_PREFIX keeps the tables
  of a second engine apart from those that are published.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ env_var('DBT_SCHEMA_PREFIX', '') ~ (custom_schema_name | trim) if custom_schema_name else target.schema }}
{%- endmacro %}
