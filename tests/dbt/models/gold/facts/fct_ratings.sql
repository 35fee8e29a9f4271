-- Every rating, with who rated whom.

select
    ratings.rating_id,
    ratings.trip_id,
    trips.rider_id,
    trips.driver_id,
    {{ date_key(local_time('ratings.rated_at')) }} as date_key,
    ratings.rated_by,
    ratings.stars,
    ratings.tags,
    ratings.comment,
    ratings.rated_at,
    ratings.rated_at - trips.ended_at as time_after_trip
from {{ ref('ratings') }} as ratings
inner join {{ ref('trips') }} as trips on ratings.trip_id = trips.trip_id
