# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# podman and what runs its containers. Whoever uses it writes its configuration: nothing of it is put on the system.
version=4.3.1
pins="podman=$version* conmon=2.1.6* runc=1.1.5* libgpgme11=1.18.0-3* libassuan0=2.5.5-5* libgpg-error0=1.46-1* \
libsubid4=1:4.13* libdevmapper1.02.1=2:1.02.185* libseccomp2=2.5.4*"

install_peer() {
    local packages program
    read -ra packages <<<"$pins"
    debian_unpack "$dir/root" "${packages[@]}"
    mkdir "$dir/bin"
    # podman starts its helpers without its environment.
    for program in bin/podman bin/conmon sbin/runc; do
        cat >"$dir/bin/${program##*/}" <<PROGRAM
#!/bin/sh
here=\$(readlink -f "\$0")
root=\${here%/bin/*}/root
LD_LIBRARY_PATH=\$(echo "\$root"/usr/lib/*-linux-gnu*):\$(echo "\$root"/lib/*-linux-gnu*)
export LD_LIBRARY_PATH
exec "\$root/usr/$program" "\$@"
PROGRAM
        chmod +x "$dir/bin/${program##*/}"
    done
}

print_env() {
    echo "PEER_PODMAN=$dir/bin/podman"
}
