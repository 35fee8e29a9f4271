select * from {{ ref('int_kept') }}
