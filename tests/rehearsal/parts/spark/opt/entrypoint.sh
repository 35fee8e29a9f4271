#!/bin/bash
# In place of Spark's entrypoint: Spark's folder, whose conf the Compose file mounts, then the command.
for part in bin jars python sbin; do ln -sfn "$PEER_SPARK/$part" "/opt/spark/$part"; done
exec "$@"
