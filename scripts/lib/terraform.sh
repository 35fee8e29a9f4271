# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # shared with scripts/terraform
# The parts of scripts/terraform's commands.

# Sets `environment` to the folder of ENVIRONMENT's settings.
use_environment() {
    local known
    environment_name=${ENVIRONMENT:-prod}
    environment=$layers/environments/$environment_name
    [[ $environment_name =~ ^[a-z0-9]+$ && -d $environment ]] && return
    known=$(cd "$layers/environments" && echo *)
    misuse "there is no environment '$environment_name': ${known// /, }"
}

# --- Without an account ----------------------------------------------------------------------------

# The arguments of `terraform init` for a provider that is on this machine already.
plugin_arguments() {
    local plugins=${TF_PLUGIN_DIR:-}
    # Tests and checks need no network where scripts/peers has found the provider.
    if [[ -z $plugins && ${1:-} == or-peer ]]; then
        plugins=$("$project/scripts/peers" env | sed -n 's/^PEER_TERRAFORM_PLUGINS=//p')
    fi
    init_arguments=()
    [[ -z $plugins ]] || init_arguments=(-plugin-dir="$plugins")
}

# each_layer_in_a_copy FUNCTION: runs it in a copy of each layer, which takes what `init` writes. One
# layer that fails does not stop the others.
each_layer_in_a_copy() {
    local copy name failed=0
    need terraform "install Terraform 1.11 or newer"
    copy=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$copy'" EXIT
    cp -r "$layers/." "$copy"
    find "$copy" \( -name .terraform -o -name .terraform.lock.hcl \) -prune -exec rm -rf {} +
    plugin_arguments or-peer
    for name in bootstrap foundation platform; do
        if terraform -chdir="$copy/$name" init -input=false -backend=false ${init_arguments[@]+"${init_arguments[@]}"} >"$copy/init.log" 2>&1; then
            "$1" "$name" "$copy/$name" || failed=1
        else
            cat "$copy/init.log" >&2
            failed=1
        fi
    done
    return "$failed"
}

validate_layer() {
    say "$1: terraform fmt -check, terraform validate"
    # Paths of the checkout, not of the copy.
    terraform -chdir="$layers" fmt -check -recursive -diff "$1" &&
        terraform -chdir="$layers" fmt -check -recursive -diff environments &&
        terraform -chdir="$2" validate
}

test_layer() {
    say "$1: terraform test"
    terraform -chdir="$2" test
}

# lock_layers [PLATFORM...]: writes the provider's checksums for every platform that somebody applies from.
lock_layers() {
    local platforms=("$@") from=()
    (($# > 0)) || platforms=(linux_amd64 linux_arm64 darwin_amd64 darwin_arm64)
    [[ -z ${TF_PLUGIN_DIR:-} ]] || from=(-fs-mirror="$TF_PLUGIN_DIR")
    need terraform "install Terraform 1.11 or newer"
    for layer in bootstrap foundation platform; do
        in_layer get >&2
        in_layer providers lock ${from[@]+"${from[@]}"} "${platforms[@]/#/-platform=}" >&2
    done
    say "commit the three .terraform.lock.hcl; from then on no run takes another provider"
}

# set_variables NAME=VALUE...: in each tfvars and each default, so that the two never differ. A list is
# given with commas, a map as KEY=VALUE with commas. Formed as the value that is there: text, list, map,
# number or truth value. The files are written when Terraform has taken all values, in a copy.
set_variables() {
    local pair name value copy file files
    (($# > 0)) || misuse "set needs NAME=VALUE (with make: SET='domain=... aws_account_id=...')"
    for pair in "$@"; do
        [[ $pair == ?*=* ]] || misuse "'$pair' is not NAME=VALUE"
        [[ $pair =~ ^[A-Za-z0-9_./,:=@+-]+$ ]] || misuse "'$pair' holds what no variable of the layers can"
        name=${pair%%=*}
        grep -qE "^(variable \"$name\" \{|$name +=)" "$layers"/*/variables.tf "$environment"/*.tfvars ||
            misuse "no layer has a variable '$name'"
        [[ $name != environment ]] || misuse "the folder of the settings says which environment it is"
    done
    need terraform "install Terraform 1.11 or newer"
    copy=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$copy'" EXIT
    # The defaults are prod's.
    files=("$environment"/*.tfvars)
    [[ $environment_name != prod ]] || files+=("$layers"/*/variables.tf)
    for file in "$layers"/*/variables.tf "$environment"/*.tfvars; do
        mkdir -p "$copy/$(dirname "${file#"$layers/"}")"
        cp "$file" "$copy/${file#"$layers/"}"
    done
    for pair in "$@"; do
        name=${pair%%=*} value=${pair#*=}
        for file in "${files[@]}"; do
            set_variable "$name" "$value" "$copy/${file#"$layers/"}"
        done
    done
    values_are_taken "$copy"
    for file in "${files[@]}"; do
        cmp -s "$copy/${file#"$layers/"}" "$file" || mv "$copy/${file#"$layers/"}" "$file"
    done
    for pair in "$@"; do
        name=${pair%%=*} value=${pair#*=}
        if [[ $environment_name == prod ]]; then
            say "$name is ${value:-empty} in the tfvars and the defaults"
        else
            say "$name is ${value:-empty} in the tfvars of $environment_name"
        fi
    done
}

# set_variable NAME VALUE FILE
set_variable() {
    NAME=$1 VALUE=$2 awk '
        function formed(old,    list, count, i, out) {
            if (old ~ /^"/) return "\"" ENVIRON["VALUE"] "\""
            if (old !~ /^[[{]/) return ENVIRON["VALUE"]
            count = split(ENVIRON["VALUE"], list, ",")
            for (i = 1; i <= count; i++) {
                if (old ~ /^{/) sub(/=/, " = \"", list[i]); else list[i] = "\"" list[i]
                out = out (i > 1 ? ", " : "") list[i] "\""
            }
            if (old ~ /^{/) return "{" (out == "" ? "" : " " out " ") "}"
            return "[" out "]"
        }
        $1 == "variable" { inside = $2 == "\"" ENVIRON["NAME"] "\"" }
        /^}/ { inside = 0 }
        (inside && $1 == "default" && $2 == "=") || ($1 == ENVIRON["NAME"] && $2 == "=" && /^[a-z]/) {
            at = index($0, "= ") + 2
            print substr($0, 1, at - 1) formed(substr($0, at))
            next
        }
        { print }
    ' "$3" >"$3.new"
    mv "$3.new" "$3"
}

# values_are_taken COPY: a layer that is nothing but its variables needs no provider and no account, so
# Terraform itself checks types and conditions, and nothing that it refuses is written.
values_are_taken() {
    local name log=$1/plan.log refused=0 given
    for name in bootstrap foundation platform; do
        given=()
        [[ ! -e $environment/$name.tfvars ]] || given=(-var-file="$1/environments/$environment_name/$name.tfvars")
        if ! terraform -chdir="$1/$name" init -input=false >"$log" 2>&1 ||
            ! terraform -chdir="$1/$name" plan -input=false ${given[@]+"${given[@]}"} >"$log" 2>&1; then
            refused=1
            sed -n '/Error:/,$p' "$log" >&2
        fi
    done
    ((refused == 0)) || fail "the values are invalid; no file was changed" "the messages above say what each variable takes"
}

# --- With an account -------------------------------------------------------------------------------

in_layer() {
    terraform -chdir="$layers/$layer" "$@"
}

# Checks all that can be checked before anything is made, then initialises the layer.
prepare() {
    local tfvars=$environment/$layer.tfvars account=
    # Bootstrap's one setting is foundation's, too.
    [[ $layer != bootstrap ]] || tfvars=$environment/foundation.tfvars
    need terraform "install Terraform 1.11 or newer"
    need aws "install the AWS command line"
    check_account "$tfvars"
    [[ $layer == bootstrap ]] || check_names
    [[ $layer != foundation ]] || check_zone
    give_up_on_problems

    bucket=rideshare-$account-terraform-state
    variables=(-var-file="$tfvars")
    case $layer in
        bootstrap) variables=(-var="aws_account_id=$account" -var="environment=$environment_name") ;;
        foundation) bootstrap_is_applied "make tf-apply LAYER=bootstrap comes first" ;;
        platform)
            bootstrap_is_applied "make tf-apply LAYER=bootstrap comes first, then LAYER=foundation"
            holds_resources foundation || fail "the foundation layer is not applied; the platform layer needs its outputs" "make tf-apply LAYER=foundation comes first"
            ;;
    esac
    # Two people, or a person and CI, wait for each other.
    variables+=(-lock-timeout=1m)
    initialise
}

# check_account TFVARS: whether the credentials are of the account that it names, which is then `account`.
check_account() {
    local actual name=${1#"$project/"}
    [[ -r $1 ]] || {
        problem "$name is missing" "it is what the layer is made with: bring it back with \`git checkout\`, or write it from the defaults in variables.tf"
        return
    }
    account=$(sed -n 's/^aws_account_id *= *"\([0-9]\{12\}\)"$/\1/p' "$1")
    [[ -n $account ]] || problem "$name names no account of 12 digits" "make tf-set SET=aws_account_id=..."
    actual=$(aws --region "$region" sts get-caller-identity --query Account --output text) || {
        problem "AWS does not say whose credentials these are" "log in first, for example with \`aws sso login\`; AWS_PROFILE names a profile"
        return
    }
    check_environment "$account"
    [[ -z $account || $actual == "$account" ]] ||
        problem "these credentials are of account $actual, and $name is for $account" \
            "use credentials of $account; or, to make the platform in $actual: make tf-set SET=aws_account_id=$actual"
}

# check_environment ACCOUNT: whether the folder and its files name the same environment, and no other one is in the
# account: names that the specification fixes, such as those of secrets, are taken once.
check_environment() {
    local file
    for file in "$environment"/*.tfvars; do
        grep -Eq "^environment *= *\"$environment_name\"\$" "$file" ||
            problem "${file#"$project/"} is not for the environment $environment_name" "write environment = \"$environment_name\" there"
    done
    for file in "$layers"/environments/*/foundation.tfvars; do
        [[ $file == "$environment"/* || -z $1 ]] || ! grep -Eq "^aws_account_id *= *\"$1\"\$" "$file" ||
            problem "${file#"$project/"} is for the account $1, too" "give each environment an account of its own"
    done
}

# Whether the hosted zone that is there already is public and the domain's own or above it. Records that do not
# belong to a zone would be refused with half of the layer made.
check_zone() {
    local file=$environment/foundation.tfvars zone domain answer name private
    [[ -r $file ]] || return 0
    zone=$(sed -n 's/^hosted_zone_id *= *"\(.*\)"$/\1/p' "$file")
    domain=$(sed -n 's/^domain *= *"\(.*\)"$/\1/p' "$file")
    [[ -n $zone ]] || return 0
    if ! answer=$(aws --region "$region" route53 get-hosted-zone --id "$zone" --query '[HostedZone.Name, HostedZone.Config.PrivateZone]' --output text 2>&1); then
        # The workflow that plans on pull requests may look at nothing, and asks for nothing either.
        [[ $answer != *AccessDenied* ]] || return 0
        problem "the hosted zone $zone cannot be read: $answer" "aws route53 list-hosted-zones; the credentials need route53:GetHostedZone"
        return
    fi
    read -r name private <<<"$answer"
    name=${name%.}
    [[ $private != True ]] ||
        problem "the hosted zone $zone is private, so nobody outside of its VPCs would find a name" "name a public zone, or none"
    [[ $domain == "$name" || $domain == *".$name" ]] ||
        problem "the hosted zone $zone is for $name, and the domain is $domain" "make tf-set SET=hosted_zone_id=..., or empty for a new zone"
}

# Whether a variable still has the value that it has in the documentation: a domain of RFC 2606, an address
# of RFC 5737, a repository of the owner "example". Who would apply it would trust a stranger's repository.
check_names() {
    local name value file names=''
    for file in "$environment"/*.tfvars; do
        [[ -r $file ]] || continue
        while read -r name value; do
            problem "${file#"$project/"}: $name is documentation's own: $value"
            names+="${names:+ }$name=..."
        done < <(sed -nE -e 's/^([a-z_]+) *= *(.*)$/\1 \2/' -e '
            /^domain "(.*\.)?(example|test|invalid|localhost|example\.(com|net|org))"/p
            /^[a-z_]+_repository "example\//p
            /^alarm_emails .*@([a-z0-9-]+\.)*example\.(com|net|org)"/p
            /^[a-z_]+_cidrs .*"(192\.0\.2|198\.51\.100|203\.0\.113)\./p' "$file")
    done
    [[ -z $names ]] || hint "make tf-set SET='$names'"
}

initialise() {
    local log=$layers/$layer/.terraform-init.log place=bucket
    plugin_arguments
    # The installed version, or nothing: no run changes it unseen.
    [[ ! -e $layers/$layer/.terraform.lock.hcl ]] || init_arguments+=(-lockfile=readonly)
    [[ $layer != bootstrap ]] || place=$(place_of_bootstraps_state)
    case $place in
        file)
            printf 'terraform {\n  backend "local" {}\n}\n' >"$layers/bootstrap/backend_override.tf"
            set -- -reconfigure
            ;;
        between)
            move_state_to_bucket
            return
            ;;
        bucket)
            # One is left where a plan was made before the bucket was.
            rm -f "$layers/bootstrap/backend_override.tf"
            set -- -reconfigure -backend-config="bucket=$bucket"
            ;;
    esac
    if ! in_layer init -input=false ${init_arguments[@]+"${init_arguments[@]}"} "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "terraform could not initialise the layer $layer" "its own message is above; \`make tf-lock\` writes the lock files again, if it names one of them"
    fi
    rm -f "$log"
}

# Where bootstrap's own state is: in a file here until the bucket and the table are both there, and then in
# the bucket; between the two when a run was broken off there. Without a state in either place, a run was broken off
# in another checkout.
place_of_bootstraps_state() {
    local state
    if ! bucket_exists; then
        echo file
    elif ! bootstrap_is_begun; then
        if ! read_state bootstrap; then
            echo file
            return
        fi
        table_exists ||
            fail "the table $(lock_table) is not there, and bootstrap's state says that it was" \
                "\`aws dynamodb restore-table-to-point-in-time\` brings a table back that somebody deleted"
        echo bucket
    elif table_exists; then
        echo between
    else
        echo file
    fi
}

# Whether a file here describes what bootstrap has made so far.
bootstrap_is_begun() {
    grep -Eqs '"mode": *"managed"' "$layers/bootstrap/terraform.tfstate"
}

# bootstrap_is_applied HINT
bootstrap_is_applied() {
    bucket_exists || fail "there is no state bucket $bucket" "$1"
    ! bootstrap_is_begun || fail "bootstrap is not finished: its state is a file here" "make tf-apply LAYER=bootstrap continues it"
}

# Imports the bucket and the table of a run that was broken off in another checkout, whose file nobody has here.
# The other resources of such a run are written again, with the same settings.
take_up_bootstrap() {
    ! bootstrap_is_begun && [[ -e $layers/bootstrap/backend_override.tf ]] && bucket_exists || return 0
    say "the bucket $bucket is there without a state: it is taken up"
    in_layer import -input=false "${variables[@]}" aws_s3_bucket.state "$bucket" >&2
    ! table_exists || in_layer import -input=false "${variables[@]}" aws_dynamodb_table.locks "$(lock_table)" >&2
}

# Bootstrap's own state, from the file into the bucket that it has made.
move_state_to_bucket() {
    rm -f "$layers/bootstrap/backend_override.tf"
    in_layer init -input=false -migrate-state -force-copy ${init_arguments[@]+"${init_arguments[@]}"} -backend-config="bucket=$bucket" >&2
    rm -f "$layers"/bootstrap/terraform.tfstate{,.backup}
}

bucket_exists() {
    local answer
    if answer=$(aws --region "$region" s3api head-bucket --bucket "$bucket" 2>&1); then
        return 0
    fi
    [[ $answer == *'(404)'* || $answer == *NoSuchBucket* ]] ||
        fail "the state bucket $bucket cannot be read: $answer" "the credentials need s3:ListBucket on it"
    return 1
}

# The name that every backend has.
lock_table() {
    sed -n 's/^ *dynamodb_table *= *"\(.*\)"$/\1/p' "$layers/bootstrap/versions.tf"
}

table_exists() {
    local answer
    if answer=$(aws --region "$region" dynamodb describe-table --table-name "$(lock_table)" 2>&1); then
        return 0
    fi
    [[ $answer == *ResourceNotFoundException* ]] ||
        fail "the lock table $(lock_table) cannot be read: $answer" "the credentials need dynamodb:DescribeTable on it"
    return 1
}

# read_state LAYER: sets `state` to what the bucket has of it; fails when there is none.
read_state() {
    if ! state=$(aws --region "$region" s3 cp "s3://$bucket/$1/terraform.tfstate" - 2>&1); then
        [[ $state == *'(404)'* || $state == *NoSuchKey* ]] ||
            fail "the state of the layer $1 cannot be read: $state" "the credentials need s3:GetObject on it"
        return 1
    fi
}

# holds_resources LAYER: whether its state has anything in it.
holds_resources() {
    local state
    read_state "$1" && grep -Eq '"mode": *"managed"' <<<"$state"
}

# Terraform would come to what is protected last, with nearly everything else destroyed. Bootstrap's
# prevent_destroy is another matter: it stops the plan.
nothing_is_protected() {
    local state protected line
    [[ $layer != bootstrap ]] || return 0
    need python3 "install Python 3"
    read_state "$layer" || return 0
    protected=$(python3 "$project/scripts/lib/protected.py" <<<"$state") ||
        fail "the state of the layer $layer cannot be read, so its protected resources are unknown" \
            "terraform -chdir=infrastructure/terraform/$layer state list"
    [[ -n $protected ]] || return 0
    while read -r line; do
        problem "$line"
    done <<<"$protected"
    hint "nothing was destroyed; when all of it shall go: make tf-apply LAYER=$layer ARGS='-var deletion_protection=false', then make tf-destroy LAYER=$layer"
    give_up_on_problems
}

# The bucket and the table are made not to be destroyed, and the state that says so is in the bucket:
# it comes back into a file, the protection is taken off, and then all of it goes.
destroy_bootstrap() {
    [[ ${CONFIRM:-} == "$bucket" ]] ||
        fail "with the state bucket goes every old state of every layer" "CONFIRM=$bucket make tf-destroy LAYER=bootstrap, if that is what you want"
    trap 'rm -f "$layers"/bootstrap/teardown_override.tf' EXIT
    cp "$layers/bootstrap/teardown_override.tf.example" "$layers/bootstrap/teardown_override.tf"
    printf 'terraform {\n  backend "local" {}\n}\n' >"$layers/bootstrap/backend_override.tf"
    in_layer init -input=false -migrate-state -force-copy ${init_arguments[@]+"${init_arguments[@]}"} >&2
    in_layer apply "${variables[@]}" "$@"
    in_layer destroy "${variables[@]}" "$@"
    rm -f "$layers"/bootstrap/backend_override.tf "$layers"/bootstrap/terraform.tfstate{,.backup}
}
