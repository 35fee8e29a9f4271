"""The parts that every stand-in has: its log, its answer to health checks, and its end."""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

stopping = threading.Event()


def log(level: str, message: str, **fields: object) -> None:
    """One JSON object a line, as the collector reads the application's logs."""
    print(json.dumps({"level": level, "message": message, **fields}), file=sys.stderr, flush=True)


def stop_on_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())


def serve(
    name: str,
    port: int,
    healthy=lambda: True,
    page: bytes | None = None,
    content_type: str = "text/html",
    below: str | None = None,
) -> None:
    """Answers /health, and `page` at / or at every place below `below`. Tests choose another port."""
    port = int(os.environ.get("STAND_IN_PORT") or port)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health":
                well = healthy()
                body = json.dumps({"service": name, "stand_in": True, "healthy": well}).encode()
                self.answer(200 if well else 503, body, "application/json")
            elif page is not None and (self.path == "/" if below is None else self.path.startswith(below)):
                self.answer(200, page, content_type)
            else:
                self.answer(404, b"", "text/plain")

        do_HEAD = do_GET

        def answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("0.0.0.0", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log("INFO", f"{name}: a stand-in for the application's service is ready", port=port)


def retry(what: str, action, pause: float = 1.0):
    """Tries `action` until it succeeds or the service is to stop; returns None then."""
    while not stopping.is_set():
        try:
            return action()
        except Exception as error:  # Every failure of a server is worth another try.
            log("WARNING", f"{what} failed, and is tried again", error=type(error).__name__)
            stopping.wait(pause)
    return None


def now() -> float:
    return time.time()
