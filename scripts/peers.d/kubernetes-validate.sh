# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# kubernetes-validate: strict validation of Kubernetes objects against bundled schemas, offline.
requirements=$scripts/requirements/kubernetes-validate.txt
version=$(sed -n 's/^kubernetes-validate==//p' "$requirements")
pins=$(requirement_pins "$requirements")

install_peer() {
    python_venv "$requirements"
}

print_env() {
    echo "PEER_KUBERNETES_VALIDATE_PYTHON=$dir/bin/python"
}
