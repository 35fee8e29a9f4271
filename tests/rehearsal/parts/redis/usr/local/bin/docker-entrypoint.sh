#!/bin/sh
# In place of Redis' entrypoint.
exec "$@"
