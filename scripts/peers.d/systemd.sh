# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# systemd, the reader of EnvironmentFile=. A test starts it in namespaces of its own. The libraries are those that a
# minimal Debian may lack.
version=252
pins="systemd=$version.* libsystemd-shared=$version.* libacl1=2.3.1* libapparmor1=3.0.8* libaudit1=1:3.0.9* \
libblkid1=2.38.1* libcap-ng0=0.8.3* libcap2=1:2.66* libcrypt1=1:4.4.33* libgcrypt20=1.10.1* \
libgpg-error0=1.46* libip4tc2=1.8.9* libkmod2=30+* liblz4-1=1.9.4* liblzma5=5.4.1* libmount1=2.38.1* \
libpam0g=1.5.2* libpcre2-8-0=10.42* libseccomp2=2.5.4* libselinux1=3.4* libssl3=3.0.* libzstd1=1.5.4*"

install_peer() {
    local packages folder
    read -ra packages <<<"$pins"
    debian_unpack "$dir/root" "${packages[@]}"
    mkdir "$dir/lib"
    find "$dir/root" -name '*.so*' -path '*-linux-gnu*' ! -path '*/security/*' ! -path '*/cryptsetup/*' \
        -exec ln -s --relative -t "$dir/lib" {} +
}

print_env() {
    echo "PEER_SYSTEMD=$dir/root/lib/systemd/systemd"
    echo "PEER_SYSTEMD_LIBRARIES=$dir/lib"
}
