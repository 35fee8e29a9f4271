"""Stand-ins for the parts that no registry here has: each answers its health check and the requests that other parts
send it, and announces itself as a stand-in."""

import base64
import hashlib
import json
import os
import pathlib
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PORTS = {
    "cadvisor": 8080,
    "grafana": 3000,
    "kafka-exporter": 9308,
    "postgres-exporter": 9187,
    "redis-exporter": 9121,
    "schema-registry": 8081,
    "tempo": 3200,
}

# For Tempo: (service.name, span's name) of all that has been pushed.
pushed = []


def reachable(address: str) -> int:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 2).close()
    except OSError:
        return 0
    return 1


def metrics(name: str) -> str:
    """The exporters' most important metric: whether their server is there."""
    lines = [f'stand_in_info{{part="{name}"}} 1']
    if name == "redis-exporter":
        lines.append(f"redis_up {reachable(os.environ['REDIS_ADDR'].removeprefix('redis://'))}")
    elif name == "postgres-exporter":
        lines.append(f"pg_up {reachable(os.environ['DATA_SOURCE_URI'].partition('/')[0])}")
    elif name == "kafka-exporter":
        server = next(word for word in sys.argv if word.startswith("--kafka.server="))
        lines.append(f"kafka_brokers {reachable(server.partition('=')[2])}")
    return "\n".join(lines) + "\n"


def attribute(resource: dict, key: str) -> str:
    found = [one["value"].get("stringValue", "") for one in resource.get("attributes", []) if one["key"] == key]
    return found[0] if found else ""


def records(body: dict):
    for resource in body.get("resourceSpans", []):
        service = attribute(resource["resource"], "service.name")
        for scope in resource["scopeSpans"]:
            yield from ((service, span["name"]) for span in scope["spans"])


class Handler(BaseHTTPRequestHandler):
    name = ""

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        if self.name == "schema-registry" and not self.logged_in():
            return self.answer(401, "", ("WWW-Authenticate", 'Basic realm="SchemaRegistry"'))
        if path.path == "/metrics":
            return self.answer(200, metrics(self.name), ("Content-Type", "text/plain; version=0.0.4"))
        if self.name == "tempo" and path.path == "/api/search":
            wanted = parse_qs(path.query).get("service", [""])[0]
            return self.answer(200, json.dumps([text for service, text in pushed if service == wanted]))
        self.answer(200, json.dumps({"stand_in": True, "part": self.name}))

    do_HEAD = do_GET

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.name == "tempo":
            pushed.extend(records(json.loads(body)))
        self.answer(200, "{}")

    def logged_in(self) -> bool:
        """By the file of users that with-jaas.sh has written: `name: MD5:digest,role`."""
        kind, _, text = self.headers.get("Authorization", "").partition(" ")
        if kind != "Basic":
            return False
        user, _, password = base64.b64decode(text).decode().partition(":")
        name, _, digest = pathlib.Path("/tmp/rideshare-jaas.conf.registry").read_text().rpartition(": MD5:")
        wanted = hashlib.md5(password.encode()).hexdigest()
        return name.replace("\\", "") == user and digest.partition(",")[0] == wanted

    def answer(self, status: int, text: str, *headers: tuple[str, str]) -> None:
        body = text.encode()
        self.send_response(status)
        for header in (("Content-Length", str(len(body))), *headers):
            self.send_header(*header)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    Handler.name = sys.argv[1]
    server = ThreadingHTTPServer(("0.0.0.0", PORTS[Handler.name]), Handler)
    print(f"{Handler.name}: a stand-in for the part is ready", flush=True)
    server.serve_forever()


main()
