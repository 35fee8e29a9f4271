# shellcheck shell=bash
# The application's images come from its repository. Without a checkout, stand-ins of this repository take their place.

# choose_application: exports APPLICATION_DIR where nobody has set it and its default is not there.
choose_application() {
    local default=infrastructure/docker/../../../rideshare-simulation-platform
    [[ -z ${APPLICATION_DIR:-} ]] || return 0
    ! grep -qs '^APPLICATION_DIR=.' infrastructure/docker/.env || return 0
    [[ ! -d $default ]] || return 0
    export APPLICATION_DIR=$PWD/tests/platform/stand-in
    say "no checkout of the application: stand-ins take its place; set APPLICATION_DIR to change that"
}
