"""moto's server, with what Terraform and Trino cannot do without: arguments are host and port."""

import json
import sys
import threading
import time
import urllib.parse

import moto.backup.responses as backup
import moto.glue.models as glue
import moto.rds.models as rds
import moto.server

# moto gives every database one and the same resource id, by which Terraform tells them apart.
create = rds.DBInstance.__init__


def with_an_id(self, *arguments, **named):
    create(self, *arguments, **named)
    self.dbi_resource_id = "db-" + self.db_instance_identifier.replace("-", "").upper()


rds.DBInstance.__init__ = with_an_id


# moto looks for the name of a backup vault or plan before the path's last slash, and the provider sends none.
def list_tags(self):
    name = urllib.parse.unquote(self.path.split("/tags/", 1)[1].strip("/"))
    return json.dumps({"Tags": self.backup_backend.list_tags(resource_arn=name)})


backup.BackupResponse.list_tags = list_tags

# Glue answers with the numbers that a table was made without, and its clients count on them.
as_dict = glue.FakeTable.as_dict


def with_numbers(self, version=None):
    table = as_dict(self, version)
    table["StorageDescriptor"] = {"NumberOfBuckets": 0, **table["StorageDescriptor"]}
    return {"Retention": 0, **table}


glue.FakeTable.as_dict = with_numbers

# moto's state is not made for several threads: a request that fails half-way is tried again by
# Terraform, and then finds what it has made already.
one_at_a_time = threading.Lock()
# The answers by the id that the SDK gives to all attempts of one call. An attempt whose answer is lost on
# the way is repeated, and a lock that is already taken would be refused to its own holder.
answers = {}
run_simple = moto.server.run_simple


def answer(application, environ):
    # moto's vaults have no recovery points, and it knows no request for them. A vault that goes is asked for its own.
    if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].rstrip("/").endswith("/recovery-points"):
        return "200 OK", [("Content-Type", "application/json")], b'{"RecoveryPoints": []}'

    given = {}

    def start(status, headers, *rest):
        given.update(status=status, headers=headers)
        return lambda data: None

    body = b"".join(application(environ, start))
    return given["status"], given["headers"], body


def run_serially(host, port, application, **named):
    def serially(environ, start_response):
        came = time.monotonic()
        call = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        with one_at_a_time:
            repeated = call in answers
            status, headers, body = answers[call] if repeated else answer(application, environ)
            if call and not status.startswith("5"):
                answers[call] = status, headers, body
                if len(answers) > 100:
                    del answers[next(iter(answers))]
        target = environ.get("HTTP_X_AMZ_TARGET", environ["PATH_INFO"])
        note = "repeated" if repeated else ""
        took = time.monotonic() - came
        print(time.strftime("%H:%M:%S"), environ["REQUEST_METHOD"], target, status, f"{took:.1f} s", note, flush=True)
        start_response(status, headers)
        return [body]

    run_simple(host, port, serially, **named)


moto.server.run_simple = run_serially
moto.server.main(["--host", sys.argv[1], "--port", sys.argv[2]])
