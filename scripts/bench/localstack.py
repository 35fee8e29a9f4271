"""A LocalStack for one benchmark, and a proxy that counts the requests to it."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def start(folder: str) -> tuple[subprocess.Popen, str]:
    """The server, to be ended by the caller, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    settings = {
        "GATEWAY_LISTEN": address,
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "OVERRIDE_IN_DOCKER": "0",
        "FILESYSTEM_ROOT": folder,
    }
    server = subprocess.Popen(
        [os.environ["PEER_LOCALSTACK_PYTHON"], "-m", "localstack.runtime.main"],
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://{address}/_localstack/health", timeout=5)
            return server, address
        except OSError:
            time.sleep(0.2)
    server.kill()
    sys.exit("LocalStack did not start")


class Counter:
    """A proxy in front of an address; `requests` are the methods and paths that it has passed on. It denies those whose
    method or operation is in `denied`."""

    def __init__(self, upstream: str):
        self.requests: list[str] = []
        self.denied: tuple[str, ...] = ()
        counter = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                counter.requests.append(f"{self.command} {self.path}")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if {self.command, self.headers.get("X-Amz-Target", "").split(".")[-1]} & set(counter.denied):
                    return self.answer(400, [], b'{"__type": "AccessDeniedException", "Message": "denied"}')
                # The signature covers the host that the client has named.
                connection = http.client.HTTPConnection(upstream, timeout=60)
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                answer = connection.getresponse()
                data = answer.read()
                connection.close()
                self.answer(answer.status, answer.getheaders(), data)

            def answer(self, status, headers, data):
                self.send_response_only(status)
                length = str(len(data))
                for name, value in headers:
                    if self.command == "HEAD" and name.lower() == "content-length":
                        length = value
                    if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", length)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def take(self) -> list[str]:
        """The requests since the last call."""
        taken, self.requests = self.requests, []
        return taken
