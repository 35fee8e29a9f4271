"""Gives Airflow's administrator the name and the password of the secret rideshare/airflow.

The image's own variables (_AIRFLOW_WWW_USER_…) hand them to a command line: a value that begins with a hyphen is
taken for an option there, the error is ignored, and nobody can log in. They also never change a password.
"""

import hashlib
import os
import sys

VARIABLES = ("AIRFLOW_ADMIN_USERNAME", "AIRFLOW_ADMIN_PASSWORD")


def main():
    empty = [name for name in VARIABLES if not os.environ.get(name)]
    if empty:
        sys.exit("\n".join(f"{name}: is empty; the secret rideshare/airflow holds it" for name in empty))
    username, password = (os.environ[name] for name in VARIABLES)

    # The import reads Airflow's configuration, which takes seconds.
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
    from werkzeug.security import check_password_hash

    with get_application_builder() as builder:
        users = builder.sm
        user = users.find_user(username)
        if user is None:
            # FAB wants an address, and a different one for each user. Nothing is sent to it.
            address = hashlib.sha256(username.encode()).hexdigest()[:16] + "@rideshare.invalid"
            if not users.add_user(username, "Airflow", "Admin", address, users.find_role("Admin"), password):
                sys.exit("Airflow could not make its administrator; its message is above")
            print("The administrator is made")
        elif not check_password_hash(user.password, password):
            users.reset_password(user.id, password)
            print("The administrator has the secret's password")


if __name__ == "__main__":
    main()
