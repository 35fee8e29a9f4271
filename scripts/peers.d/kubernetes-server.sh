# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# The newest Kubernetes: API server, controllers, scheduler, kubelet and kubectl, with the containerd that
# its kubelet takes, all compiled from their Go modules (minutes), and Debian's etcd, runc and CNI plugins.
# `scripts/kubernetes` runs it with a node, `rideshare_tests::kubernetes` without one.
#
# A go.mod and a go.sum below scripts/requirements pin every module with its checksum. To raise one:
#   change its version in go.mod, for Kubernetes also in every `replace` line (0.X.Y for 1.X.Y), and below;
#   then `go mod tidy` in its folder
version=1.37.2
containerd=2.4.2
modules=$scripts/requirements/kubernetes-server
# The custom resources' definitions: module, checksum, files. They are of the versions that
# infrastructure/config/kind/components.yaml and scripts/eks install, which a test compares, with one
# exception: the module proxy has no version 2 of External Secrets, whose module's path lacks the /v2.
definitions="\
sigs.k8s.io/gateway-api@v1.6.1 h1:mock6phZbI6rvZerwrVNk7hVNymQgHo+6sJ81Ia7ftY= config/crd/experimental/gateway.networking*.yaml
github.com/envoyproxy/gateway@v1.9.1 h1:vAVp6/AlBXJ1aOhp1mxL7fNEzVEfjADUguUhm2wzxQY= charts/gateway-helm/charts/crds/crds/generated/*.yaml
github.com/argoproj/argo-cd/v3@v3.3.6 h1:eaWeTkM5EdDHSD3seySuxmbBY38UHjZfRJUPRBccGcY= manifests/crds/*-crd.yaml
github.com/external-secrets/external-secrets@v1.3.2 h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ= config/crds/bases/external-secrets.io_*.yaml"
packages="etcd-server=3.4.23* runc=1.1.5* containernetworking-plugins=1.1.1* busybox-static=1:1.37.0*"
pins="$packages
$definitions
$(cat "$modules"/*/go.{mod,sum})"

install_peer() {
    local build=$dir/build unpacked
    need go "install Go 1.21 or newer; unless GOTOOLCHAIN=local, it fetches the version that go.mod asks for"
    # The caches are the build's and go with it. `-mod=readonly` refuses what go.sum does not have.
    export GOWORK=off GOFLAGS='-mod=readonly -modcacherw -buildvcs=false -trimpath' CGO_ENABLED=0 \
        GOMODCACHE=$build/modules GOCACHE=$build/cache GOTMPDIR=$build
    mkdir "$build" "$dir/bin" "$dir/definitions"
    read -ra unpacked <<<"$packages"
    debian_unpack "$dir/root" "${unpacked[@]}"
    rm -rf "$dir/root/usr/share"
    copy_definitions
    # Without these variables a program takes itself for version 0 and refuses its own features.
    local variables=k8s.io/component-base/version minor=${version#1.}
    compile kubernetes "-X $variables.gitVersion=v$version -X $variables.gitMajor=1 \
        -X $variables.gitMinor=${minor%%.*} -X $variables.gitTreeState=clean \
        -X $variables.gitCommit=unknown -X $variables.buildDate=1970-01-01T00:00:00Z"
    compile containerd "-X github.com/containerd/containerd/v2/version.Version=$containerd"
    rm -rf "$build"
}

copy_definitions() {
    local module sum files found
    while read -r module sum files; do
        found=$(cd "$build" && go mod download -json "$module") ||
            fail "$name: the Go module proxy does not have $module" "go's message is above"
        [[ $found == *"\"Sum\": \"$sum\""* ]] ||
            fail "$name: $module does not have the checksum $sum" \
                "if its version has changed, copy the checksum that \`go mod download -json $module\` prints into scripts/peers.d/$name.sh"
        # shellcheck disable=SC2086 # a pattern
        (cd "$(sed -nE 's/^\t"Dir": "(.*)",$/\1/p' <<<"$found")" && cp $files "$dir/definitions")
    done <<<"$definitions"
}

# compile FOLDER VARIABLES: the programs that FOLDER's go.mod names as tools, into $dir/bin.
compile() {
    cp -r "$modules/$1" "$build/$1"
    if ! go -C "$build/$1" build -o "$dir/bin/" -ldflags "-s -w $2" tool >"$build/log" 2>&1; then
        tail -n 20 "$build/log" >&2
        fail "$name: $1 could not be compiled" "go's last lines are above"
    fi
}

print_env() {
    echo "PEER_KUBERNETES=$dir"
}
