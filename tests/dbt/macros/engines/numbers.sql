{#
  The mean of integers or decimals as DOUBLE: an exact sum and one division. `avg` is DOUBLE in DuckDB and a decimal
  with four more digits in Spark; a sum of doubles depends on the order of the rows.
#}
{% macro mean(number) -%}
    cast(sum({{ number }}) as double) / nullif(count({{ number }}), 0)
{%- endmacro %}

{# One number divided by another as DOUBLE; NULL where the second is 0. #}
{% macro ratio(part, whole) -%}
    cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0)
{%- endmacro %}
