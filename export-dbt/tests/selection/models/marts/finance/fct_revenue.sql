select d.id from {{ ref('fct_orders') }}, {{ ref('dim_customers') }} d
