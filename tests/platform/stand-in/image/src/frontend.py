"""One page, which says that the application is not here."""

from src import service

PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Stand-in for the frontend</title>
<body style="font: 1rem/1.5 system-ui; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>Stand-in for the frontend</h1>
<p>The application's repository was not at hand, so small stand-ins produce a stream of trips.
The dashboards are in <a href="http://localhost:3001">Grafana</a>.</p>
</body></html>
"""


def main() -> None:
    service.stop_on_signals()
    service.serve("frontend", 5173, page=PAGE)
    service.stopping.wait()


if __name__ == "__main__":
    main()
