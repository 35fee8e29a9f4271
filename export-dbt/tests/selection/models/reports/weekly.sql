select r.id from {{ ref('fct_revenue') }} r, {{ ref('regions') }}, {{ ref('other', 'other_stg') }} o
