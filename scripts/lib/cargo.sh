# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/peers sets them
# Peers that cargo compiles.

# cargo_tool: installs the crate that the peer is named for.
cargo_tool() {
    need cargo "install Rust with rustup"
    cargo install --quiet --locked "$name" --version "$version" --root "$dir" ||
        fail "$name: cargo could not install it" "cargo's message is above; it needs crates.io and a C compiler"
}
