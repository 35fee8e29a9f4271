# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# Docker Compose. `DOCKER_CONFIG=$PEER_COMPOSE_CONFIG docker compose ...` uses it as the client's
# plugin; $PEER_COMPOSE runs by itself, and needs no engine for `config`.
version=2.26.1
pins="docker-compose=$version*"

install_peer() {
    debian_unpack "$dir/root" "$pins"
    mkdir -p "$dir/config/cli-plugins"
    ln -s ../../root/usr/libexec/docker/cli-plugins/docker-compose "$dir/config/cli-plugins/docker-compose"
}

print_env() {
    echo "PEER_COMPOSE=$dir/root/usr/libexec/docker/cli-plugins/docker-compose"
    echo "PEER_COMPOSE_CONFIG=$dir/config"
}
