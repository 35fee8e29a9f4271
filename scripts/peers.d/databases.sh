# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# PostgreSQL and Redis, whose data backups and restores are tested with. The libraries are those
# that a minimal Debian may lack.
version=15+7.0
pins="postgresql-15=15.* postgresql-client-15=15.* libpq5=15.* redis-server=5:7.0.15* \
redis-tools=5:7.0.15* libatomic1=12.2.0* libicu72=72.1* libjemalloc2=5.3.0* libdb5.3=5.3.28+dfsg2-1* libldap-2.5-0=2.5.13* \
liblua5.1-0=5.1.5* liblzf1=3.6* libsasl2-2=2.1.28+dfsg-10* libxml2=2.9.14* libxslt1.1=1.1.35* \
lua-bitop=1.0.2* lua-cjson=2.1.0*"

install_peer() {
    local packages
    read -ra packages <<<"$pins"
    debian_unpack "$dir/root" "${packages[@]}"
}

print_env() {
    echo "PEER_POSTGRES=$dir/root/usr/lib/postgresql/15/bin/postgres"
    echo "PEER_REDIS=$dir/root/usr/bin/redis-server"
}
