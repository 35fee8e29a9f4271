# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# Terraform with its AWS provider. Neither is in a package index that the other peers come from, so
# this takes the machine's own: `terraform` on PATH, and a plugin directory, which is TF_PLUGIN_DIR,
# or one that the machine holds, or one that `terraform providers mirror` fills.
version=5.100.0
pins="terraform $(command -v terraform || true) hashicorp/aws $version ${TF_PLUGIN_DIR:-}"

# The plugin directory that holds the provider.
terraform_plugins() {
    local found
    if [[ -n ${TF_PLUGIN_DIR:-} ]]; then
        printf '%s\n' "$TF_PLUGIN_DIR"
        return
    fi
    found=$(find / -xdev \( -path /proc -o -path "$stores" -o -path "$peers_dir" -o -name .terraform \) -prune -o \
        -type d -path "*/hashicorp/aws/$version" -print -quit 2>/dev/null) || true
    [[ -n $found ]] || return 1
    printf '%s\n' "${found%/*/hashicorp/aws/*}"
}

install_peer() {
    local plugins
    command -v terraform >/dev/null ||
        absent "$name: terraform is not on PATH" "install Terraform 1.11 or newer"
    if plugins=$(terraform_plugins); then
        ln -s "$plugins" "$dir/plugins"
    else
        mkdir "$dir/plugins" "$dir/mirror"
        printf 'terraform {\n  required_providers {\n    aws = {\n      source  = "hashicorp/aws"\n      version = "%s"\n    }\n  }\n}\n' \
            "$version" >"$dir/mirror/main.tf"
        terraform -chdir="$dir/mirror" providers mirror "$dir/plugins" >&2 ||
            absent "$name: the AWS provider $version is not on this machine and could not be fetched" \
                "name a plugin directory that holds it in TF_PLUGIN_DIR"
    fi
    mkdir "$dir/bin"
    ln -s "$(command -v terraform)" "$dir/bin/terraform"
}

print_env() {
    echo "PEER_TERRAFORM=$dir/bin/terraform"
    echo "PEER_TERRAFORM_PLUGINS=$dir/plugins"
}
