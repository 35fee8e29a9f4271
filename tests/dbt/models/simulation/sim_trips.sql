-- What happened to every ride that was asked for: the one source of trips, pings, ratings and payments.

with lottery as (
    -- A zone holds as many tickets as it is popular.
    select list(zone_id order by zone_id) as tickets
    from {{ ref('zones') }}, unnest(range(popularity))
),

requests as (
    select
        hour_no || '-' || n as trip_key,
        starts_at + to_microseconds({{ dice('requested at', 'trip_key', 3600000000) }}) as requested_at,
        -- The lower of two dice: some people ride, and drive, more than others.
        least(
            {{ dice('rider a', 'trip_key', var('riders')) }}, {{ dice('rider b', 'trip_key', var('riders')) }}
        ) as rider_no,
        least(
            {{ dice('driver a', 'trip_key', var('drivers')) }}, {{ dice('driver b', 'trip_key', var('drivers')) }}
        ) as driver_no,
        {{ pick('pickup zone', 'trip_key', 'tickets') }} as pickup_zone_id,
        {{ pick('dropoff zone', 'trip_key', 'tickets') }} as dropoff_zone_id,
        {{ dice('fate', 'trip_key', 100) }} as fate
    from {{ ref('sim_hours') }}
    cross join unnest(range(requests)) as each_request (n)
    cross join lottery
),

places as (
    select
        requests.*,
        round(origin.lat + {{ between('pickup lat', 'trip_key', -9000, 9000) }} / 1e6, 6) as pickup_lat,
        round(origin.lon + {{ between('pickup lon', 'trip_key', -9000, 9000) }} / 1e6, 6) as pickup_lon,
        round(destination.lat + {{ between('dropoff lat', 'trip_key', -9000, 9000) }} / 1e6, 6) as dropoff_lat,
        round(destination.lon + {{ between('dropoff lon', 'trip_key', -9000, 9000) }} / 1e6, 6) as dropoff_lon,
        -- Kilometres per degree at the city's latitude; streets are a third longer than the crow flies.
        (dropoff_lat - pickup_lat) * 110.76 as north_km,
        (dropoff_lon - pickup_lon) * 102.05 as east_km,
        (0.8 + 1.3 * sqrt(north_km * north_km + east_km * east_km))::decimal(18, 3) as distance_km
    from requests
    inner join {{ ref('zones') }} as origin on requests.pickup_zone_id = origin.zone_id
    inner join {{ ref('zones') }} as destination on requests.dropoff_zone_id = destination.zone_id
),

plans as (
    select
        *,
        case
            when fate < 6 then 'cancelled_by_rider'
            when fate < 9 then 'cancelled_by_driver'
            when fate < 12 then 'expired'
            else 'completed'
        end as planned_outcome,
        requested_at + to_milliseconds({{ between('match time', 'trip_key', 4000, 75000) }}) as planned_match,
        planned_match + to_milliseconds({{ between('approach time', 'trip_key', 90000, 600000) }}) as planned_start,
        case planned_outcome
            when 'completed' then
                planned_start
                + to_milliseconds((distance_km * {{ between('ms per km', 'trip_key', 110000, 210000) }})::bigint)
            when 'expired' then requested_at + to_minutes(3)
            else planned_match + to_milliseconds({{ between('change of mind', 'trip_key', 10000, 85000) }})
        end as planned_end
    from places
),

one_ride_per_rider as (
    -- Nobody asks for a ride while on another.
    select *
    from plans
    window earlier as (
        partition by rider_no order by requested_at, trip_key
        rows between unbounded preceding and 1 preceding
    )
    qualify coalesce(requested_at > max(planned_end) over earlier, true)
),

matched as (
    -- The driver who would have come is still busy: no match.
    select
        *,
        case
            when requested_at <= max(planned_end) over earlier then 'expired'
            else planned_outcome
        end as outcome
    from one_ride_per_rider
    window earlier as (
        partition by driver_no order by requested_at, trip_key
        rows between unbounded preceding and 1 preceding
    )
)

select
    matched.trip_key,
    {{ stable_uuid('trip', 'matched.trip_key') }} as trip_id,
    matched.rider_no,
    case when matched.outcome <> 'expired' then matched.driver_no end as driver_no,
    matched.pickup_zone_id,
    matched.dropoff_zone_id,
    matched.pickup_lat,
    matched.pickup_lon,
    matched.dropoff_lat,
    matched.dropoff_lon,
    matched.outcome,
    matched.requested_at,
    case when matched.outcome <> 'expired' then matched.planned_match end as matched_at,
    case when matched.outcome = 'completed' then matched.planned_start end as started_at,
    case
        when matched.outcome = 'expired' then matched.requested_at + to_minutes(3)
        else matched.planned_end
    end as ended_at,
    matched.distance_km,
    surge.multiplier as surge_multiplier,
    -- Decimal arithmetic throughout: fares must come out to the cent on every machine.
    greatest(8.00, (5.00 + 2.15 * matched.distance_km) * surge.multiplier)::decimal(10, 2) as fare
from matched
inner join {{ ref('sim_surge') }} as surge
    on matched.pickup_zone_id = surge.zone_id
    and time_bucket(interval 30 minutes, matched.requested_at) = surge.starts_at
