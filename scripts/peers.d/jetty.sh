# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# The login module of Jetty, which the schema registry checks its users with; it runs on the machine's own Java.
# shellcheck source=scripts/lib/maven.sh
. "$scripts/lib/maven.sh"
list=$scripts/requirements/jetty.jars
version=$(sed -n 's|.*/jetty-jaas-\(.*\)\.jar$|\1|p' "$list")
pins=$(requirement_pins "$list")

install_peer() {
    maven_files "$dir/lib" "$list"
}

print_env() {
    echo "PEER_JETTY=$dir/lib"
}
