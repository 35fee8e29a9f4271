#!/usr/bin/env bash
# Runs a command of the Confluent images with the SASL/PLAIN login of the secret's variables, and the schema registry with
# its users.
#
# A JAAS file, because the images copy environment variables into .properties files as they are:
# a password with a backslash or a quote would come out as another one there.
set -euo pipefail

# With an empty one the broker starts and lets nobody in.
: "${KAFKA_SASL_USERNAME:?is empty; the secret rideshare/kafka holds it}"
: "${KAFKA_SASL_PASSWORD:?is empty; the secret rideshare/kafka holds it}"

# In quotes \ escapes, in a JAAS file's names as in its values.
quoted() {
    # shellcheck disable=SC1003 # as they stand
    local text=$1 backslash='\\' quote='\"' newline='\n' return='\r'
    text=${text//\\/"$backslash"}
    text=${text//\"/"$quote"}
    text=${text//$'\n'/"$newline"}
    text=${text//$'\r'/"$return"}
    printf '"%s"' "$text"
}

# In a value, and only there, ${name} is a system property: every dollar sign is written as one that holds it.
value() {
    # shellcheck disable=SC2016 # as it stands
    local dollar='${rideshare.dollar}'
    quoted "${1//\$/"$dollar"}"
}

username=$(value "$KAFKA_SASL_USERNAME")
password=$(value "$KAFKA_SASL_PASSWORD")
account=$(quoted "user_$KAFKA_SASL_USERNAME")
jaas=${RIDESHARE_JAAS:-/tmp/rideshare-jaas.conf}

umask 077
cat >"$jaas" <<JAAS
KafkaServer {
    org.apache.kafka.common.security.plain.PlainLoginModule required
    username=$username
    password=$password
    $account=$password;
};
KafkaClient {
    org.apache.kafka.common.security.plain.PlainLoginModule required
    username=$username
    password=$password;
};
JAAS

# The schema registry's users: Jetty reads `name: password,role` from a properties file, cuts the password at a comma and
# takes blanks off. So the password is written as a digest, which Jetty compares, too.
if [[ ${SCHEMA_REGISTRY_AUTHENTICATION_METHOD:-} == BASIC ]]; then
    : "${SCHEMA_REGISTRY_USER:?is empty; the secret rideshare/schema-registry holds it}"
    : "${SCHEMA_REGISTRY_PASSWORD:?is empty; the secret rideshare/schema-registry holds it}"
    refuse() {
        printf '%s: %s; change it in the secret rideshare/schema-registry\n' "$1" "$2" >&2
        exit 1
    }
    LC_ALL=C
    case $SCHEMA_REGISTRY_USER in
        *:*) refuse SCHEMA_REGISTRY_USER "has a colon (:), at which HTTP ends a user name" ;;
        ' '* | *' ') refuse SCHEMA_REGISTRY_USER "begins or ends with a blank, which the registry takes off" ;;
    esac
    for name in SCHEMA_REGISTRY_USER SCHEMA_REGISTRY_PASSWORD; do
        [[ ${!name} != *[!\ -~]* ]] || refuse "$name" "has a character that is not printable ASCII"
    done
    users=$jaas.registry
    digest=$(printf %s "$SCHEMA_REGISTRY_PASSWORD" | md5sum)
    # shellcheck disable=SC2001 # a pattern of characters
    printf '%s: MD5:%s,user\n' "$(sed 's/[^A-Za-z0-9]/\\&/g' <<<"$SCHEMA_REGISTRY_USER")" "${digest%% *}" >"$users"
    cat >>"$jaas" <<JAAS
SchemaRegistry {
    org.eclipse.jetty.jaas.spi.PropertyFileLoginModule required
    file=$(value "$users");
};
JAAS
    # The image would make properties of these, too.
    unset SCHEMA_REGISTRY_USER SCHEMA_REGISTRY_PASSWORD
fi

# KAFKA_OPTS: the broker, Kafka's command line tools, and the image's own wait for Kafka.
export KAFKA_OPTS="-Djava.security.auth.login.config=$jaas -Drideshare.dollar=$"
export SCHEMA_REGISTRY_OPTS="$KAFKA_OPTS"

# The image would make the properties sasl.username and sasl.password of these.
unset KAFKA_SASL_USERNAME KAFKA_SASL_PASSWORD

exec "$@"
