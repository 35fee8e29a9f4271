# shellcheck shell=bash
# shellcheck disable=SC2154 # shared with scripts/terraform
# Plans that wait for somebody who reads them, and plans that nobody asked for.

# A plan holds the state, so it waits in the bucket of the states, under its checksum: the one who approves and the
# one who applies name it by the same number.
plan_address() {
    echo "s3://$bucket/plans/$layer/$1.tfplan"
}

# SHA-256 of a file, on Linux and on macOS.
checksum() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# save_plan TEXT [ARG...]
save_plan() {
    local text=${1:-} folder status=0 sum
    [[ -n $text && $text != -* ]] || misuse "save-plan needs a file for the plan as text"
    shift
    [[ $text == /* ]] || text=$PWD/$text
    folder=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$folder'" EXIT
    prepare
    in_layer plan -input=false -detailed-exitcode -out="$folder/plan" "${variables[@]}" "$@" >&2 || status=$?
    case $status in
        0)
            say "$layer: nothing to change"
            echo "Nothing to change." >"$text"
            echo "plan="
            return
            ;;
        2) ;;
        *) fail "$layer cannot be planned" "terraform's own message is above" ;;
    esac
    in_layer show -no-color "$folder/plan" >"$text"
    sum=$(checksum "$folder/plan")
    aws --region "$region" s3 cp --quiet "$folder/plan" "$(plan_address "$sum")" >&2
    say "$layer: the plan waits as $sum"
    echo "plan=$sum"
}

# apply_plan CHECKSUM: Terraform itself refuses a plan whose state has changed since.
apply_plan() {
    local sum=${1:-} folder answer
    [[ $# == 1 && $sum =~ ^[0-9a-f]{64}$ ]] || misuse "apply-plan needs the checksum that save-plan has printed"
    folder=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$folder'" EXIT
    prepare
    answer=$(aws --region "$region" s3 cp --quiet "$(plan_address "$sum")" "$folder/plan" 2>&1) ||
        fail "the plan $sum of $layer cannot be read: $answer" "a plan is kept for 30 days: make a new one"
    [[ $(checksum "$folder/plan") == "$sum" ]] ||
        fail "the plan of $layer is not the one that was reviewed as $sum" "nothing was applied; find out who wrote to $(plan_address "$sum")"
    in_layer apply -input=false -lock-timeout=1m "$folder/plan"
}

# Bootstrap's state is for people alone, so the nightly run leaves it out.
look_for_drift() {
    local status log different='' unplanned=''
    log=$(mktemp)
    # shellcheck disable=SC2064 # the file of now
    trap "rm -f '$log'" EXIT
    for layer in foundation platform; do
        status=0
        prepare
        # A plan locks nothing, because the role that reads may not write the table of locks.
        in_layer plan -input=false -detailed-exitcode -lock=false -no-color "${variables[@]}" >"$log" 2>&1 || status=$?
        case $status in
            0) say "$layer: AWS is as the layer says" ;;
            2)
                sed -nE '/^(Terraform used|Note: Objects|  # )/,$p' "$log" >&2
                different+=" $layer"
                ;;
            *)
                cat "$log" >&2
                unplanned+=" $layer"
                ;;
        esac
    done
    # At the end, because a problem would keep the next layer from being prepared.
    for layer in $different; do
        problem "$layer: AWS is not as the layer says" "make tf-apply LAYER=$layer brings it back; or write the change into the layer"
    done
    for layer in $unplanned; do
        problem "$layer cannot be planned" "terraform's own message is above"
    done
    give_up_on_problems
}
