select * from {{ source('events', 'log') }}
