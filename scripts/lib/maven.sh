# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/peers sets them
# Peers from Maven Central. A list has one jar a line, `SHA256  PATH`, the path as in a Maven repository;
# the Dockerfiles read the same lists, so that an image gets the jars that the tests ran with.

# The plugin that copies, pinned so that every machine resolves alike.
maven_copy=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies

# maven_files FOLDER LIST...: puts the files of the lists into FOLDER, and compares their checksums.
maven_files() {
    local folder=$1 work=$dir/maven
    shift
    command -v mvn >/dev/null || absent "$name: Maven is not on PATH" "on Debian: apt-get install maven"
    mkdir -p "$folder" "$work"
    maven_project "$@" >"$work/pom.xml"
    # A repository of its own: the user's would keep every jar a second time.
    mvn --batch-mode --quiet --file "$work/pom.xml" "-Dmaven.repo.local=$work/repository" "$maven_copy" \
        "-DoutputDirectory=$folder" >&2 ||
        fail "$name: Maven could not fetch it" "Maven's message is above; it needs Maven Central"
    rm -r "$work"
    (cd "$folder" && requirement_pins "$@" | sed 's|  .*/|  |' | sha256sum --check --quiet >&2) ||
        fail "$name: a file is not the pinned one" "the names are above"
}

# maven_project LIST...: a project that depends on the files of the lists. A path is
# GROUP/ARTIFACT/VERSION/ARTIFACT-VERSION[-CLASSIFIER].TYPE, the group with slashes.
maven_project() {
    printf '<project><modelVersion>4.0.0</modelVersion><groupId>rideshare</groupId>'
    printf '<artifactId>%s</artifactId><version>1</version><packaging>pom</packaging><dependencies>\n' "$name"
    requirement_pins "$@" | awk '{
        n = split($2, part, "/")
        group = part[1]
        for (i = 2; i <= n - 3; i++) group = group "." part[i]
        artifact = part[n - 2]; version = part[n - 1]
        rest = substr(part[n], length(artifact version) + 2)
        classifier = ""
        if (rest ~ /^-/) { classifier = rest; sub(/^-/, "", classifier); sub(/\..*/, "", classifier) }
        type = rest; sub(/^[^.]*\./, "", type)
        printf "<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version>", group, artifact, version
        if (classifier != "") printf "<classifier>%s</classifier>", classifier
        # The lists are whole: nothing is resolved beyond them.
        printf "<type>%s</type><exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId>", type
        printf "</exclusion></exclusions></dependency>\n"
    }'
    printf '</dependencies></project>\n'
}
