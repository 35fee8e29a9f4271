# shellcheck shell=bash
# Messages go to stderr; stdout is for data.

say() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
}

# fail MESSAGE [HINT]: reports the fault and one thing to do, and ends the script.
fail() {
    problem "$@"
    exit 1
}

# problem MESSAGE [HINT]: one of several, which give_up_on_problems ends with.
problem() {
    say "error: $1"
    problems=1
    [[ -z ${2:-} ]] || hint "$2"
}

hint() {
    printf 'hint: %s\n' "$1" >&2
}

give_up_on_problems() {
    [[ -z ${problems:-} ]] || exit 1
}

# misuse MESSAGE: a wrong command line. The script that sources this defines `usage`.
misuse() {
    say "error: $1"
    usage >&2
    exit 2
}

# need COMMAND HINT: fails when COMMAND is not on PATH.
need() {
    command -v "$1" >/dev/null || fail "'$1' is not on PATH" "$2"
}

# absent MESSAGE HINT: this machine lacks what cannot be installed from here. In CI that is a failure;
# elsewhere the tests that need it are skipped, and say so.
absent() {
    [[ -z ${CI:-} ]] || fail "$1" "$2"
    say "$1; the tests that need it will be skipped"
    hint "$2"
    exit 0
}
