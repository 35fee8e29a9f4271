# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# The Hive metastore with its Hadoop and the jars of its image; it runs on the machine's own Java.
# shellcheck source=scripts/lib/maven.sh
. "$scripts/lib/maven.sh"
list=$scripts/requirements/hive.jars
image=$project/infrastructure/docker/dockerfiles/hive-metastore/jars.txt
version=$(sed -n 's|.*/hive-standalone-metastore-server-\(.*\)-bin\.tar\.gz$|\1|p' "$list")
pins=$(requirement_pins "$list" "$image")

install_peer() {
    maven_files "$dir/lib" "$list" "$image"
    # The server's own PostgreSQL driver gives way to the image's.
    tar --extract --gzip --strip-components=1 --directory "$dir" --exclude='postgresql-*.jar' --file "$dir"/lib/*.tar.gz
    rm "$dir"/lib/*.tar.gz
}

print_env() {
    echo "PEER_HIVE_METASTORE=$dir"
}
