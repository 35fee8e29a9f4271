"""moto's server, with what Terraform cannot do without: arguments are host and port."""

import sys
import threading

import moto.rds.models as rds
import moto.server

# moto gives every database one and the same resource id, by which Terraform tells them apart.
create = rds.DBInstance.__init__


def with_an_id(self, *arguments, **named):
    create(self, *arguments, **named)
    self.dbi_resource_id = "db-" + self.db_instance_identifier.replace("-", "").upper()


rds.DBInstance.__init__ = with_an_id

# moto's state is not made for several threads: a request that fails half-way is tried again by
# Terraform, and then finds what it has made already.
one_at_a_time = threading.Lock()
run_simple = moto.server.run_simple


def run_serially(host, port, application, **named):
    def serially(environ, start_response):
        with one_at_a_time:
            return application(environ, start_response)

    run_simple(host, port, serially, **named)


moto.server.run_simple = run_serially
moto.server.main(["--host", sys.argv[1], "--port", sys.argv[2]])
