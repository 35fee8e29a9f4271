# shellcheck shell=bash
# The first process of new mount and process namespaces: it becomes systemd, which starts one unit and ends.
#
#   systemd.sh SYSTEMD LIBRARIES FOLDER
#
# FOLDER/file is the unit's EnvironmentFile; its environment goes to FOLDER/read, as `env -0` prints it.
set -euo pipefail
systemd=$1 libraries=$2 folder=$3

mount --make-rprivate /
mount -t tmpfs tmpfs /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# systemd moves itself to the root that it sees: a group of this test, not the machine's.
group=/sys/fs/cgroup/fetch-secrets-test.${folder##*/}
mkdir "$group"
echo 0 >"$group/cgroup.procs"
mount -t tmpfs tmpfs /run
mkdir /run/units

cat >/run/units/read.service <<UNIT
[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
EnvironmentFile=$folder/file
ExecStart=/bin/sh -c "env -0 >$folder/read.part && mv $folder/read.part $folder/read"
UNIT
cat >/run/units/start.target <<UNIT
[Unit]
DefaultDependencies=no
Requires=read.service
UNIT

export SYSTEMD_UNIT_PATH=/run/units SYSTEMD_LOG_TARGET=console container=other LD_LIBRARY_PATH=$libraries
exec unshare --cgroup "$systemd" --system --unit=start.target --show-status=no
