"""The transcript of a rehearsal: a line for each step with the seconds that it took, and a table of memory."""

import sys
import time

_started = time.monotonic()


class Failed(Exception):
    """A step did not show what it must show."""


def step(text: str) -> None:
    global _started
    now = time.monotonic()
    print(f"rehearsal: {text} ({now - _started:.0f} s)", file=sys.stderr, flush=True)
    _started = now


def check(so: object, message: str) -> None:
    if not so:
        raise Failed(message)


def until(event: str, action, seconds: float = 300, pause: float = 1.0):
    """The first true answer of `action`; an exception of it counts as no answer yet."""
    end = time.monotonic() + seconds
    last: object = None
    while True:
        try:
            if answer := action():
                return answer
            last = answer
        except (OSError, LookupError, ValueError) as error:
            last = error
        if time.monotonic() > end:
            raise Failed(f"{event}: not within {seconds:.0f} s; at last: {last}")
        time.sleep(pause)
