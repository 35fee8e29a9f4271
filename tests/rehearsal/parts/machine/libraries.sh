# shellcheck shell=sh
# The unpacked peers' own libraries, for a machine that lacks them.
if ! "${PEER_POSTGRES%/*}/postgres" --version >/dev/null 2>&1 || ! "$PEER_REDIS" --version >/dev/null 2>&1; then
    LD_LIBRARY_PATH=$(echo "${PEER_REDIS%/bin/*}"/lib/*-linux-gnu)
    export LD_LIBRARY_PATH
fi
