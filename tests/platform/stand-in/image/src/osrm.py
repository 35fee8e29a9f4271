"""In place of OSRM where no street map is at hand. It is well, and has no routes: the stand-ins ask for none."""

from src import service

ANSWER = b'{"code": "Ok", "stand_in": true, "waypoints": []}'


def main() -> None:
    service.stop_on_signals()
    service.serve("osrm", 5000, page=ANSWER, content_type="application/json", below="/nearest/")
    service.stopping.wait()


main()
