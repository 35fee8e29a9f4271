-- Every day of the year the trips fall in, as the city calls it.

with days as (
    select unnest(generate_series(
        date_trunc('year', date '{{ var("first_day") }}'),
        date_trunc('year', date '{{ var("first_day") }}') + interval 1 year - interval 1 day,
        interval 1 day
    ))::date as local_date
)

select
    {{ date_key('local_date') }} as date_key,
    local_date,
    year(local_date)::smallint as year,
    month(local_date)::tinyint as month,
    day(local_date)::tinyint as day,
    isodow(local_date)::tinyint as day_of_week,
    [
        'segunda-feira', 'terça-feira', 'quarta-feira', 'quinta-feira', 'sexta-feira', 'sábado', 'domingo'
    ][isodow(local_date)] as day_name,
    [
        'janeiro', 'fevereiro', 'março', 'abril', 'maio', 'junho',
        'julho', 'agosto', 'setembro', 'outubro', 'novembro', 'dezembro'
    ][month(local_date)] as month_name,
    isodow(local_date) > 5 as is_weekend
from days
