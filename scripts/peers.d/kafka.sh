# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# A Kafka broker with its command line tools, as jars; it runs on the machine's own Java.
# shellcheck source=scripts/lib/maven.sh
. "$scripts/lib/maven.sh"
list=$scripts/requirements/kafka.jars
version=$(sed -n 's|.*/kafka_2.13-\(.*\)\.jar$|\1|p' "$list")
pins=$(requirement_pins "$list")

install_peer() {
    maven_files "$dir/lib" "$list"
}

print_env() {
    echo "PEER_KAFKA=$dir/lib"
}
