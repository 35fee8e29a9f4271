select * from {{ source('raw', 'clicks') }}
