select * from {{ ref('stg_clicks') }}
