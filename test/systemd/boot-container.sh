#!/bin/sh
# Boots a real systemd in a container over this machine's own files, without touching them: an
# overlay whose upper layer lives in memory, a mount namespace and a cgroup of its own.
# usage: unshare --mount --propagation private sh boot-container.sh LAYER [nspawn arguments]
# LAYER is a folder laid over the root. Needs root, systemd-container and overlayfs.
set -eu
layer=$1
shift

if [ -d /sys/fs/cgroup/unified ]; then parent=/sys/fs/cgroup/unified; else parent=/sys/fs/cgroup; fi
group=$parent/tillgate-test-$$
mkdir "$group"
echo $$ >"$group/cgroup.procs"
# nspawn sees cgroup v2 alone, whatever this machine mixes.
mount -t cgroup2 cgroup2 /sys/fs/cgroup

work=$(mktemp -d)
mkdir "$work/memory" "$work/root"
mount -t tmpfs tmpfs "$work/memory"
mkdir "$work/memory/upper" "$work/memory/work"
cp -a "$layer/." "$work/memory/upper/"
mount -t overlay overlay \
  -o "lowerdir=/,upperdir=$work/memory/upper,workdir=$work/memory/work" "$work/root"

status=0
systemd-nspawn --quiet --directory="$work/root" --machine="tillgate-test-$$" --register=no \
  --keep-unit --private-network --boot "$@" </dev/null || status=$?

# The view mounted above shows the same groups from their common root.
echo $$ >/sys/fs/cgroup/cgroup.procs
find "/sys/fs/cgroup/${group##*/}" -depth -type d -exec rmdir {} \; 2>/dev/null || true
umount "$work/root" "$work/memory"
rm -r "$work"
exit "$status"
