#!/bin/sh
# In place of the Hive image's entrypoint: the database's schema, then the service. The server alone lacks a default
# that the whole of Hive has.
set -eu
export METASTORE_HOME="$PEER_HIVE_METASTORE"
path="/opt/hive/conf:$PEER_HIVE_METASTORE/lib/*"
java -cp "$path" org.apache.hadoop.hive.metastore.tools.schematool.MetastoreSchemaTool -dbType postgres -initOrUpgradeSchema
# shellcheck disable=SC2086 # options, which the image splits, too
exec java $SERVICE_OPTS -Dmetastore.expression.proxy=org.apache.hadoop.hive.metastore.DefaultPartitionExpressionProxy \
    -cp "$path" org.apache.hadoop.hive.metastore.HiveMetaStore -p 9083
