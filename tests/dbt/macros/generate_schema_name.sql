{# Schemas are the layers themselves: `silver`, not dbt's default `<target schema>_silver`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
