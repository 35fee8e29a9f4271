"""moto's server, with what Terraform cannot do without: arguments are host and port."""

import sys

import moto.rds.models as rds
import moto.server

# moto gives every database one and the same resource id, by which Terraform tells them apart.
create = rds.DBInstance.__init__


def with_an_id(self, *arguments, **named):
    create(self, *arguments, **named)
    self.dbi_resource_id = "db-" + self.db_instance_identifier.replace("-", "").upper()


rds.DBInstance.__init__ = with_an_id
moto.server.main(["--host", sys.argv[1], "--port", sys.argv[2]])
