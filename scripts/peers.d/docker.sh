# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# The Docker engine and its client. scripts/docker-engine starts it; nothing of it is put on the
# system. The libraries are those that a minimal Debian may lack.
version=20.10.24
pins="docker.io=$version* containerd=1.6.20* runc=1.1.5* tini=0.19.0-1* iptables=1.8.9* \
libdevmapper1.02.1=2:1.02.185* libip4tc2=1.8.9* libip6tc2=1.8.9* libmnl0=1.0.4* \
libnetfilter-conntrack3=1.0.9* libnfnetlink0=1.0.2* libnftnl11=1.2.4* libseccomp2=2.5.4* \
libxtables12=1.8.9* busybox-static=1:1.37.0*"

install_peer() {
    local packages
    read -ra packages <<<"$pins"
    debian_unpack "$dir/root" "${packages[@]}"
    mkdir "$dir/bin"
    ln -s ../root/usr/bin/docker "$dir/bin/docker"
}

print_env() {
    echo "PEER_DOCKER=$dir/bin/docker"
}
