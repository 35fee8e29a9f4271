# shellcheck shell=bash
# For scripts that use peers. The current folder is the project.

# use_peers NAME...: installs the named peers, and exports the variables of all that are installed.
use_peers() {
    local name path
    scripts/peers install "$@"
    while IFS='=' read -r name path; do
        export "$name=$path"
    done < <(scripts/peers env)
}
