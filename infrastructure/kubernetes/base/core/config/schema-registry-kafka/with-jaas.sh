#!/usr/bin/env bash
# Runs a command of the Confluent images with the SASL/PLAIN login of the secret's variables.
#
# A JAAS file, because the images copy environment variables into .properties files as they are:
# a password with a backslash or a quote would come out as another one there.
set -euo pipefail

# In a quoted value of a JAAS file \ escapes, and ${name} is a system property: every dollar sign
# is written as one that holds it.
escaped() {
    # shellcheck disable=SC1003,SC2016 # as they stand
    local text=$1 backslash='\\' quote='\"' newline='\n' dollar='${rideshare.dollar}'
    text=${text//\\/"$backslash"}
    text=${text//\"/"$quote"}
    text=${text//$'\n'/"$newline"}
    text=${text//\$/"$dollar"}
    printf '%s' "$text"
}

username=$(escaped "$KAFKA_SASL_USERNAME")
password=$(escaped "$KAFKA_SASL_PASSWORD")
jaas=/tmp/rideshare-jaas.conf

umask 077
cat >"$jaas" <<JAAS
KafkaServer {
    org.apache.kafka.common.security.plain.PlainLoginModule required
    username="$username"
    password="$password"
    user_$KAFKA_SASL_USERNAME="$password";
};
KafkaClient {
    org.apache.kafka.common.security.plain.PlainLoginModule required
    username="$username"
    password="$password";
};
JAAS

# KAFKA_OPTS: the broker, Kafka's command line tools, and the image's own wait for Kafka.
export KAFKA_OPTS="-Djava.security.auth.login.config=$jaas -Drideshare.dollar=$"
export SCHEMA_REGISTRY_OPTS="$KAFKA_OPTS"

# The image would make the properties sasl.username and sasl.password of these.
unset KAFKA_SASL_USERNAME KAFKA_SASL_PASSWORD

exec "$@"
