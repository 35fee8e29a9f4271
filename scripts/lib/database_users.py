"""The shell program that makes a service's user in its database, for a pod of the cluster.

    database_users.py HOST DATABASE < two lines of JSON: the master's secret, the service's secret

The password leaves as what PostgreSQL keeps of it (a SCRAM verifier), because the server logs such
statements. The program is read from standard input, so nothing of it is in any manifest.
"""

import base64
import hashlib
import hmac
import json
import os
import shlex
import sys

SQL = r"""
SELECT format('CREATE ROLE %I LOGIN', :'user')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'user') \gexec
SELECT format('ALTER ROLE %I PASSWORD %L', :'user', :'verifier') \gexec
SELECT format('GRANT %I TO CURRENT_USER', :'user') \gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', current_database(), :'user') \gexec
"""


def verifier(password, salt, rounds=4096):
    """RFC 5803's form of a SCRAM-SHA-256 secret."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    text = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${rounds}:{text[0]}${text[1]}:{text[2]}"


def main():
    host, database = sys.argv[1:]
    master, service = (json.loads(sys.stdin.readline()) for _ in range(2))
    environment = {
        "PGHOST": host,
        "PGDATABASE": database,
        "PGUSER": master["username"],
        "PGPASSWORD": master["password"],
        "PGSSLMODE": os.environ.get("PGSSLMODE", "require"),
    }
    for name, value in environment.items():
        print(f"export {name}={shlex.quote(value)}")
    variables = {
        "user": service["POSTGRES_USER"],
        "verifier": verifier(service["POSTGRES_PASSWORD"], os.urandom(16)),
    }
    options = " ".join(shlex.quote(f"--set={name}={value}") for name, value in variables.items())
    print(f"psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 {options} <<'END'{SQL}END")


main()
