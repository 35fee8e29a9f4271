{#
  Chance without random(): every number is read off an MD5 of a label and a row's key, so a row is the same in every
  build, whatever the order of rows or the number of threads. MD5 rather than hash(), whose result may change
  between DuckDB versions.
#}

{# A whole number from 0 to sides - 1. #}
{% macro dice(label, key, sides) -%}
    (md5_number_lower('{{ label }}:' || {{ key }}) % ({{ sides }})::ubigint)::bigint
{%- endmacro %}

{# A whole number from low to high, both included. #}
{% macro between(label, key, low, high) -%}
    ({{ low }} + {{ dice(label, key, high - low + 1) }})
{%- endmacro %}

{# One element of a list. Repeating an element makes it likelier. #}
{% macro pick(label, key, list) -%}
    {{ list }}[1 + {{ dice(label, key, 'len(' ~ list ~ ')') }}]
{%- endmacro %}

{# An identifier with the shape of a version 3 (MD5) UUID. #}
{% macro stable_uuid(label, key) -%}
    regexp_replace(md5('{{ label }}:' || {{ key }}), '^(.{12}).(.{3}).', '\13\28')::uuid
{%- endmacro %}
