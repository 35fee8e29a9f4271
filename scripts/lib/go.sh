# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/peers sets them
# Peers that Go compiles from the module proxy. The checksum database vouches for what it serves.

# go_tool ARGUMENT...: the Go command, whatever this machine's settings for it are.
go_tool() {
    need go "install Go 1.26 or newer"
    env --unset=GOROOT GOFLAGS='-buildvcs=false -mod=mod' GOWORK=off CGO_ENABLED=0 go "$@"
}

# go_module_copy VERSION MODULE: the module's files in $dir/module, to be changed before go_programs.
go_module_copy() {
    local folder
    folder=$(go_tool mod download -json "$2@$1" | sed -nE 's/^\t"Dir": "(.*)",$/\1/p')
    [[ -d $folder ]] || fail "$name: the Go module proxy does not have $2 $1" "Go's message is above"
    cp --recursive --no-preserve=mode "$folder" "$dir/module"
}

# go_programs VERSION TAGS PACKAGE...: builds the packages of one module's VERSION into $dir/bin, from
# $dir/module where it is there. They are built in a module of their own, because `go install` refuses
# modules with replace directives.
go_programs() {
    local version=$1 tags=$2 build=$dir/build
    shift 2
    mkdir -p "$build" "$dir/bin"
    printf 'module peer\n' >"$build/go.mod"
    if [[ -d $dir/module ]]; then
        printf 'replace %s => ../module\n' "$(sed -n 's/^module //p' "$dir/module/go.mod")" >>"$build/go.mod"
    fi
    if ! (
        cd "$build" || exit
        go_tool get "${@/%/@$version}" &&
            go_tool build -trimpath -ldflags '-s -w' -tags "$tags" -o "$dir/bin/" "$@"
    ) >"$build/log" 2>&1; then
        tail -n 20 "$build/log" >&2
        fail "$name: Go could not build $1 $version" "Go's last lines are above; it needs the module proxy"
    fi
    rm -rf "$build" "$dir/module"
}

# go_in_module PACKAGE [LDFLAGS]: builds a package of $dir/module into $dir/bin in the module itself, whose replace
# directives it needs.
go_in_module() {
    if ! (cd "$dir/module" && go_tool build -trimpath -ldflags "-s -w ${2-}" -o "$dir/bin/" "$1") >"$dir/log" 2>&1; then
        tail -n 20 "$dir/log" >&2
        fail "$name: Go could not build $1 $version" "Go's last lines are above; it needs the module proxy"
    fi
    rm -rf "$dir/module" "$dir/log"
}

# go_program: the program that is a module of its own, which the peer's $pins name: MODULE VERSION.
go_program() {
    local module release
    read -r module release <<<"$pins"
    go_programs "$release" '' "$module"
}
