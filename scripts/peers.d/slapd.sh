# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# OpenLDAP's server and clients, for the directory of `spark-testing`.
version=2.5.13
pins="slapd=2.5.13* ldap-utils=2.5.13* libldap-2.5-0=2.5.13* libsasl2-2=2.1.28+dfsg-10* libltdl7=2.4.7* libodbc2=2.3.11* \
libwrap0=7.6.q-32*"

install_peer() {
    local packages
    read -ra packages <<<"$pins"
    debian_unpack "$dir/root" "${packages[@]}"
    # Each is a name of the server's one program.
    for tool in slapadd slappasswd; do ln -sf slapd "$dir/root/usr/sbin/$tool"; done
}

print_env() {
    echo "PEER_SLAPD=$dir/root"
}
