#!/bin/sh
# A PC/SC daemon of its own with the virtual reader: unshare -mn --propagation private sh pcsc-world.sh COMMAND…
# The daemon's folder is compiled in, so it is a private mount, and loopback is private with it.
set -e
ip link set lo up
mkdir -p /run/pcscd
mount -t tmpfs tillgate-pcscd /run/pcscd
exec "$@"
