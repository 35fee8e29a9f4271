#!/bin/sh
# Serves a directory of two accounts, its administrator and the user of the Thrift servers, whose names and passwords are
# the secrets' variables. It is made at every start, so that a new password needs a restart only.
set -eu

: "${LDAP_ADMIN_PASSWORD:?is empty; the secret rideshare/ldap holds it}"
: "${LDAP_CONFIG_PASSWORD:?is empty; the secret rideshare/ldap holds it}"
: "${HIVE_LDAP_USERNAME:?is empty; the secret rideshare/hive-thrift holds it}"
: "${HIVE_LDAP_PASSWORD:?is empty; the secret rideshare/hive-thrift holds it}"

# A Thrift server puts the name into a DN as it is, where these have a meaning.
case $HIVE_LDAP_USERNAME in
    *[,+\"\\\<\>\;=#]* | ' '* | *' ')
        # shellcheck disable=SC2016 # as it stands
        printf 'HIVE_LDAP_USERNAME: has one of , + " \\ < > ; = # or an outer blank; change it in the secret rideshare/hive-thrift\n' >&2
        exit 1
        ;;
esac

folder=${RIDESHARE_LDAP:-/tmp/ldap}
base=dc=rideshare,dc=local
umask 077
rm -rf "$folder"
mkdir -p "$folder/data"

# The hash of a password, which is in no argument.
hashed() {
    printf %s "$1" >"$folder/password"
    slappasswd -n -T "$folder/password"
    rm "$folder/password"
}

# A value of LDIF with any character.
encoded() {
    printf %s "$1" | base64 | tr -d '\n'
}

cat >"$folder/slapd.conf" <<CONF
include ${LDAP_SCHEMAS:-/etc/openldap/schema}/core.schema
modulepath ${LDAP_MODULES:-/usr/lib/openldap}
moduleload back_mdb.so
pidfile $folder/slapd.pid

# An anonymous user sees the root entry, for the health check, and nothing else.
access to dn.base="" by * read
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none

database config
rootdn cn=admin,cn=config
rootpw $(hashed "$LDAP_CONFIG_PASSWORD")

database mdb
directory $folder/data
suffix $base
rootdn cn=admin,$base
rootpw $(hashed "$LDAP_ADMIN_PASSWORD")
CONF

slapadd -f "$folder/slapd.conf" <<LDIF
dn: $base
objectClass: dcObject
objectClass: organization
dc: rideshare
o: Rideshare

dn:: $(encoded "cn=$HIVE_LDAP_USERNAME,$base")
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn:: $(encoded "$HIVE_LDAP_USERNAME")
userPassword:: $(encoded "$(hashed "$HIVE_LDAP_PASSWORD")")
LDIF

unset LDAP_ADMIN_PASSWORD LDAP_CONFIG_PASSWORD HIVE_LDAP_PASSWORD
# -d keeps it in the foreground; 256 logs connections and their results.
exec slapd -f "$folder/slapd.conf" -h "ldap://${LDAP_ADDRESS:-0.0.0.0:389}" -d 256
