select * from {{ ref('fct_revenue') }} where id < 0
