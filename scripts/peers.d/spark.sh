# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# Spark from its Python package, with the jars of its image; it runs on the machine's own Java, 17 or newer.
# shellcheck source=scripts/lib/maven.sh
. "$scripts/lib/maven.sh"
requirements=$scripts/requirements/spark.txt
image=$project/infrastructure/docker/dockerfiles/spark/jars.txt
version=$(sed -n 's/^pyspark==//p' "$requirements")
pins=$(requirement_pins "$requirements" "$image")

install_peer() {
    # Half a gigabyte that uv's cache would keep a second and a third time.
    UV_NO_CACHE=1 python_venv "$requirements"
    (cd "$dir" && ln -s lib/python*/site-packages/pyspark spark)
    maven_files "$dir/spark/jars" "$image"
}

print_env() {
    echo "PEER_SPARK=$dir/spark"
}
