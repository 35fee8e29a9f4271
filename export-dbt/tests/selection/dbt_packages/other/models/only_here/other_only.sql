select * from {{ ref('other_stg') }}
