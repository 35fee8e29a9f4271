#!/usr/bin/env bash
# Runs a command of the Confluent images with the SASL/PLAIN login of the secret's variables.
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

# KAFKA_OPTS: the broker, Kafka's command line tools, and the image's own wait for Kafka.
export KAFKA_OPTS="-Djava.security.auth.login.config=$jaas -Drideshare.dollar=$"
export SCHEMA_REGISTRY_OPTS="$KAFKA_OPTS"

# The image would make the properties sasl.username and sasl.password of these.
unset KAFKA_SASL_USERNAME KAFKA_SASL_PASSWORD

exec "$@"
