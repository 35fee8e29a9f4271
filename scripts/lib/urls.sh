# shellcheck shell=bash
# The addresses of the platform that Docker Compose runs, with the development logins.

# Service, port in the container, path, and the login of infrastructure/platform/secrets.yaml.
pages() {
    cat <<'TABLE'
frontend 5173 / -
simulation 8000 /health -
grafana 3000 / admin/admin
airflow-webserver 8080 / admin/admin
trino 8080 /ui/ any name
prometheus 9090 /targets -
alertmanager 9093 / -
minio 9001 / admin/adminadmin
TABLE
}

# print_urls COMMAND...: a line for each page that runs; COMMAND is Docker Compose with its file.
print_urls() {
    local service port path login address
    pages | while read -r service port path login; do
        address=$("$@" port "$service" "$port" 2>/dev/null) || continue
        [[ $address == *:[1-9]* ]] || continue
        printf '%-18s http://localhost:%s%s' "$service" "${address##*:}" "$path"
        [[ $login == - ]] || printf '   (%s)' "$login"
        printf '\n'
    done
}
