# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# checkov: checks the Terraform layers; run it with --skip-download, and it needs no network.
requirements=$scripts/requirements/checkov.txt
constraints=$scripts/requirements/checkov.constraints.txt
version=$(sed -n 's/^checkov==//p' "$requirements")
pins=$(requirement_pins "$requirements" "$constraints")

install_peer() {
    python_venv "$requirements" "$constraints"
}

print_env() {
    echo "PEER_CHECKOV=$dir/bin/checkov"
}
