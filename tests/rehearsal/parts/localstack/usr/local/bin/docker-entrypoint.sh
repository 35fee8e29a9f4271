#!/bin/sh
exec "$PEER_LOCALSTACK_PYTHON" -m localstack.runtime.main
