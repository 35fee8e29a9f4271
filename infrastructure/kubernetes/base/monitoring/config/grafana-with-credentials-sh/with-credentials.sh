#!/bin/sh
# Runs Grafana with the administrator of the secret rideshare/grafana.
#
# Grafana expands ${NAME} and $__env{NAME} in every setting, also in one that a variable brings: the password `${HOME}`
# would become another one. It expands a value once only.
set -eu

# With an empty one the administrator's name or password is Grafana's default, "admin".
: "${GF_SECURITY_ADMIN_USER:?is empty; the secret rideshare/grafana holds it}"
: "${GF_SECURITY_ADMIN_PASSWORD:?is empty; the secret rideshare/grafana holds it}"

# It expands $__file{} after variables, so the way through one does not protect that.
for name in GF_SECURITY_ADMIN_USER GF_SECURITY_ADMIN_PASSWORD; do
    if printenv "$name" | grep -qF "\$__file{"; then
        echo "$name: Grafana would read a file for \$__file{; change it in the secret rideshare/grafana" >&2
        exit 1
    fi
done

export RIDESHARE_ADMIN_USER="$GF_SECURITY_ADMIN_USER" RIDESHARE_ADMIN_PASSWORD="$GF_SECURITY_ADMIN_PASSWORD"
# shellcheck disable=SC2016 # Grafana expands them
export GF_SECURITY_ADMIN_USER='$__env{RIDESHARE_ADMIN_USER}' GF_SECURITY_ADMIN_PASSWORD='$__env{RIDESHARE_ADMIN_PASSWORD}'

exec "$@"
