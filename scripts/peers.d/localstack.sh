# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# LocalStack: Secrets Manager, S3 and STS. Start it with
#   GATEWAY_LISTEN=127.0.0.1:PORT DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 \
#       OVERRIDE_IN_DOCKER=0 FILESYSTEM_ROOT=FOLDER $PEER_LOCALSTACK_PYTHON -m localstack.runtime.main
# It answers on /_localstack/health when it is ready. Without the second line it may take the
# machine for its container and write to /etc, /usr/lib and /var/lib. Large S3 objects go below
# /tmp/localstack-s3-storage/BUCKET all the same, so runs that overlap need buckets of their own.
requirements=$scripts/requirements/localstack.txt
constraints=$scripts/requirements/localstack.constraints.txt
version=4.12.0
pins=$(requirement_pins "$requirements" "$constraints")

install_peer() {
    python_venv "$requirements" "$constraints"
}

print_env() {
    echo "PEER_LOCALSTACK_PYTHON=$dir/bin/python"
}
