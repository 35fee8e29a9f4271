"""The stream of messages: the same seed and start give the same messages, to the byte."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal

ZONES = 20
DRIVERS = 40
RIDERS = 120
METHODS = ["card", "card", "pix", "pix", "cash"]
# Outcomes and their weights: most trips are completed.
OUTCOMES = ["completed"] * 17 + ["cancelled"] * 2 + ["expired"]


@dataclass(frozen=True)
class Message:
    at: datetime
    topic: str
    key: str
    value: dict


def identifier(kind: str, number: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}:{number}"))


def iso(time: datetime | None) -> str | None:
    return time and time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def money(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01")))


def profiles(start: datetime) -> Iterator[Message]:
    for number in range(DRIVERS):
        key = identifier("driver", number)
        yield Message(start, "driver_profiles", key, {
            "driver_id": key,
            "full_name": f"Driver {number}",
            "home_zone_id": number % ZONES + 1,
            "created_at": iso(start),
            "updated_at": iso(start),
        })
        yield Message(start, "driver_status", key, status(key, "online", start))
    for number in range(RIDERS):
        key = identifier("rider", number)
        yield Message(start, "rider_profiles", key, {
            "rider_id": key,
            "full_name": f"Rider {number}",
            "preferred_payment": METHODS[number % len(METHODS)],
            "created_at": iso(start),
            "updated_at": iso(start),
        })


def status(driver: str, state: str, at: datetime) -> dict:
    return {
        "event_id": identifier("status", f"{driver}{state}{iso(at)}"),
        "driver_id": driver,
        "status": state,
        "changed_at": iso(at),
    }


def trip(number: int, seed: int, requested: datetime) -> list[Message]:
    """All messages of one trip, in the order of their times."""
    dice = random.Random(f"{seed}:{number}")
    key = identifier("trip", f"{seed}:{number}")
    driver = identifier("driver", dice.randrange(DRIVERS))
    rider = identifier("rider", dice.randrange(RIDERS))
    declined = [identifier("driver", dice.randrange(DRIVERS)) for _ in range(dice.choice([0, 0, 0, 1, 2]))]
    outcome = dice.choice(OUTCOMES)
    pickup, dropoff = dice.randrange(1, ZONES + 1), dice.randrange(1, ZONES + 1)
    distance = Decimal(dice.randrange(800, 18_000)) / 1000
    surge = Decimal(dice.choice([100, 100, 100, 120, 150, 180])) / 100
    fare = (Decimal("5.00") + distance * Decimal("2.40")) * surge
    matched = requested + timedelta(seconds=dice.randrange(5, 90)) if outcome != "expired" else None
    started = matched + timedelta(seconds=dice.randrange(120, 600)) if matched and outcome == "completed" else None
    if started:
        ended = started + timedelta(seconds=int(distance * 150))
    else:
        ended = (matched or requested) + timedelta(seconds=dice.randrange(60, 240))

    def step(state: str, at: datetime) -> Message:
        so_far = lambda time: iso(time) if time and time <= at else None  # noqa: E731
        return Message(at, "trips", key, {
            "trip_id": key,
            "status": state,
            "rider_id": rider,
            "driver_id": driver if matched and matched <= at else None,
            "declined_by": declined,
            "pickup_zone_id": pickup,
            "dropoff_zone_id": dropoff,
            "requested_at": iso(requested),
            "matched_at": so_far(matched),
            "started_at": so_far(started),
            "ended_at": so_far(ended),
            "distance_km": str(distance),
            "surge_multiplier": str(surge),
            "fare": money(fare) if state == "completed" else None,
        })

    messages = [
        step("requested", requested),
        Message(requested, "surge_updates", str(pickup), {
            "zone_id": pickup,
            "multiplier": str(surge),
            "pending_requests": dice.randrange(1, 30),
            "available_drivers": dice.randrange(1, 20),
            "effective_at": iso(requested),
        }),
    ]
    if matched:
        messages.append(step("matched", matched))
    if started:
        messages.append(step("in_progress", started))
        messages.append(Message(started, "driver_status", driver, status(driver, "on_trip", started)))
        messages.append(Message(started, "gps_pings", driver, {
            "ping_id": identifier("ping", key),
            "driver_id": driver,
            "trip_id": key,
            "lat": -23.55 + dice.randrange(-9000, 9000) / 1e5,
            "lon": -46.63 + dice.randrange(-9000, 9000) / 1e5,
            "recorded_at": iso(started),
        }))
    messages.append(step(outcome, ended))
    if started:
        messages.append(Message(ended, "driver_status", driver, status(driver, "online", ended)))
    if outcome == "completed":
        fee = fare * Decimal("0.20")
        messages.append(Message(ended, "payments", key, {
            "payment_id": identifier("payment", key),
            "trip_id": key,
            "method": dice.choice(METHODS),
            "status": "failed" if dice.randrange(50) == 0 else "captured",
            "amount": money(fare),
            "platform_fee": money(fee),
            "driver_payout": money(Decimal(money(fare)) - Decimal(money(fee))),
            "tip": money(Decimal(dice.choice([0, 0, 0, 2, 5]))),
            "processed_at": iso(ended),
        }))
        messages.append(Message(ended, "ratings", key, {
            "rating_id": identifier("rating", key),
            "trip_id": key,
            "rated_by": "rider",
            "stars": dice.choice([3, 4, 4, 5, 5, 5]),
            "rated_at": iso(ended),
        }))
    return messages


def requests(seed: int, start: datetime, per_minute: float) -> Iterator[tuple[int, datetime]]:
    """The number and time of each request, without an end."""
    dice = random.Random(seed)
    at, number = start, 0
    while True:
        yield number, at
        number += 1
        at += timedelta(seconds=dice.uniform(0.5, 1.5) * 60 / per_minute)
