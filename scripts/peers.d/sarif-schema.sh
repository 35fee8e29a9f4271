# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# The JSON schema of SARIF 2.1.0, which the crate serde-sarif ships with its source.
version=0.8.0
pins="serde-sarif $version"

install_peer() {
    need cargo "install Rust with rustup"
    mkdir -p "$dir/package/src"
    touch "$dir/package/src/lib.rs"
    printf '[package]\nname = "schema"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\nserde-sarif = "=%s"\n' \
        "$version" >"$dir/package/Cargo.toml"
    cargo metadata --quiet --format-version 1 --manifest-path "$dir/package/Cargo.toml" >"$dir/metadata.json" ||
        fail "$name: cargo could not fetch serde-sarif" "cargo's own message above says why; it needs crates.io"
    local manifest
    manifest=$(grep -o '"[^"]*/serde-sarif-[^"]*/Cargo.toml"' "$dir/metadata.json" | head -n 1 | tr -d '"')
    cp "$(dirname "$manifest")/src/schema.json" "$dir/sarif-2.1.0.json"
    rm -r "$dir/package" "$dir/metadata.json"
}

print_env() {
    echo "PEER_SARIF_SCHEMA=$dir/sarif-2.1.0.json"
}
