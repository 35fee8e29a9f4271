# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/peers sets them
# Peers from Debian packages, unpacked into a folder. Nothing is installed on the system: apt runs
# with lists, a cache and sources of its own, so any suite can be used whatever the machine runs.

apt_dir=$stores/.apt

# The archive's address, from PEERS_DEBIAN_ARCHIVE or from the machine's own apt sources.
debian_archive() {
    if [[ -n ${PEERS_DEBIAN_ARCHIVE:-} ]]; then
        printf '%s\n' "$PEERS_DEBIAN_ARCHIVE"
    else
        apt-get --print-uris update 2>/dev/null |
            awk -F "[']" '!found && sub(/\/debian\/dists\/.*/, "/debian", $2) { print $2; found = 1 } END { exit !found }'
    fi
}

# Writes the isolated apt's settings and fetches its package lists, at most once an hour.
debian_update() {
    local archive suite keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [[ -z $(find "$apt_dir/updated" -mmin -60 2>/dev/null) ]] || return 0
    need apt-get "this peer is unpacked from Debian packages; install it by hand on another system"
    need dpkg "this peer is unpacked from Debian packages; install it by hand on another system"
    archive=$(debian_archive) ||
        fail "$name: this machine's apt sources name no Debian archive" \
            "set PEERS_DEBIAN_ARCHIVE to the address of one"
    [[ -r $keyring ]] || fail "$name: $keyring is missing" "apt-get install debian-archive-keyring"

    mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"
    : >"$apt_dir/status"
    for suite in bookworm trixie; do
        printf 'Types: %s\nURIs: %s\nSuites: %s\nComponents: main\nTargets: %s\nSigned-By: %s\n\n' \
            deb "$archive" "$suite" Packages "$keyring" deb-src "$archive" "$suite" Sources "$keyring"
    done >"$apt_dir/debian.sources"
    # The machine's update hooks are cleared, because they would refresh the machine's own caches.
    cat >"$apt_dir/apt.conf" <<CONF
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::Cache "$apt_dir/cache";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::sourcelist "$apt_dir/debian.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$apt_dir";
Dir::State::lists "$apt_dir/lists";
Dir::State::status "$apt_dir/status";
CONF
    apt-get --config-file="$apt_dir/apt.conf" --quiet=2 --error-on=any update >&2 ||
        fail "$name: the package lists could not be fetched" "apt's own message above says why"
    touch "$apt_dir/updated"
}

# debian_unpack FOLDER PACKAGE=VERSION...: unpacks the packages into FOLDER. VERSION may end in `*`,
# so that a rebuild or a security update of the pinned version is taken.
debian_unpack() {
    local folder=$1 debs deb
    shift
    debs=$(mktemp -d "$dir/debs.XXXXXX")
    # Two peers that are installed at the same time take turns.
    exec 8>"$stores/.locks/apt"
    flock 8
    debian_update
    (cd "$debs" && apt-get --config-file="$apt_dir/apt.conf" --quiet=2 download "$@" >&2) ||
        fail "$name: Debian's archive does not hold every one of: $*" \
            "if the suite has moved on, change the pins in scripts/peers.d/$name.sh"
    exec 8>&-
    mkdir -p "$folder"
    for deb in "$debs"/*.deb; do
        dpkg --extract "$deb" "$folder"
    done
    rm -r "$debs"
}

# debian_source FOLDER PACKAGE=VERSION: downloads a source package into FOLDER, without unpacking it.
debian_source() {
    local package=${2%%=*} version
    exec 8>"$stores/.locks/apt"
    flock 8
    debian_update
    # Unlike for packages, apt takes no pattern here.
    version=$(apt-cache --config-file="$apt_dir/apt.conf" showsrc "$package" |
        while read -r field value; do
            # shellcheck disable=SC2053 # the right side is a pattern
            [[ $field != Version: || $value != ${2#*=} ]] || echo "$value"
        done | tail -n 1)
    (cd "$1" && apt-get --config-file="$apt_dir/apt.conf" --quiet=2 source --download-only \
        "$package=$version" >&2) ||
        fail "$name: Debian's archive does not hold the source $2" \
            "if the suite has moved on, change the pins in scripts/peers.d/$name.sh"
    exec 8>&-
}
