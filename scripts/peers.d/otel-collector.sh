# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# The OpenTelemetry collector, made as the platform's image is.
components=$project/infrastructure/docker/dockerfiles/otel-collector/components.yaml
version=$(sed -n 's/^dist: .* version: \([0-9.]*\),.*/\1/p' "$components")
pins=$(grep -v '^#' "$components")

install_peer() {
    local build=$dir/collector
    go_programs "v$version" '' go.opentelemetry.io/collector/cmd/builder
    mkdir "$build"
    cp "$components" "$build"
    if ! (cd "$build" && CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOWORK=off "$dir/bin/builder" --config components.yaml) \
        >"$build/log" 2>&1; then
        tail -n 20 "$build/log" >&2
        fail "$name: the collector could not be built" "the builder's last lines are above; it needs the module proxy"
    fi
    mv "$build/out/otel-collector" "$dir/bin"
    rm -rf "$build" "$dir/bin/builder"
}

print_env() {
    echo "PEER_OTEL_COLLECTOR=$dir/bin/otel-collector"
}
