# shellcheck shell=bash
# Steps of a longer job: each says what it does and how long it took, and shows that it is alive meanwhile.

# Where a step's output goes; set by the script that sources this.
: "${step_logs:?}"

step_names=() step_seconds=()

# step TITLE COMMAND...: runs COMMAND with its output in a log, of which a failure shows the end.
step() {
    local title=$1 log started=$SECONDS status=0
    shift
    mkdir -p "$step_logs"
    log=$step_logs/$(tr -cs '[:alnum:]' - <<<"$title" | sed 's/-*$//').log
    : >"$log"
    printf '%s ...\n' "$title" >&2
    progress "$title" "$log" &
    step_printer=$!
    # Not `COMMAND || status=$?`, in which a function's set -e has no effect.
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1
    status=$?
    set -e
    stop_progress
    step_done "$title" $((SECONDS - started))
    if ((status != 0)); then
        tail -n 40 "$log" >&2
        printf '%s: failed with status %d; the whole output is in %s\n' "$title" "$status" "$log" >&2
        return "$status"
    fi
}

# step_done TITLE SECONDS: notes a step's time.
step_done() {
    step_names+=("$1") step_seconds+=("$2")
    printf '%s: %d s\n' "$1" "$2" >&2
}

# The newest line of the log beside the time: again and again in one line of a terminal, elsewhere twice a minute.
progress() {
    local title=$1 log=$2 started=$SECONDS pause=30 line sleeper=''
    # A pause that outlived the step would keep the output open for whoever reads it to its end.
    trap 'kill $sleeper 2>/dev/null; exit 0' TERM
    [[ ! -t 2 ]] || pause=1
    while true; do
        sleep "$pause" &
        sleeper=$!
        wait "$sleeper"
        line=$(tail -n 1 "$log" | tr -cd '[:print:]')
        if [[ -t 2 ]]; then
            printf '\r\033[K%s: %d s  %.*s' "$title" $((SECONDS - started)) 60 "$line" >&2
        else
            printf '%s: %d s so far, %.*s\n' "$title" $((SECONDS - started)) 60 "$line" >&2
        fi
    done
}

stop_progress() {
    [[ -n ${step_printer:-} ]] || return 0
    kill "$step_printer" 2>/dev/null || true
    wait "$step_printer" 2>/dev/null || true
    step_printer=''
    [[ ! -t 2 ]] || printf '\r\033[K' >&2
}

# The times of all steps.
step_table() {
    local index total=0
    ((${#step_names[@]} > 0)) || return 0
    printf '\n%-44s %8s\n' step seconds >&2
    for index in "${!step_names[@]}"; do
        printf '%-44s %8d\n' "${step_names[index]}" "${step_seconds[index]}" >&2
        ((total += step_seconds[index])) || true
    done
    printf '%-44s %8d\n' total "$total" >&2
}
