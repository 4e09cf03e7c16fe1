# The initial RAM disk's part, before scripts are taken: disks, and a root of the node's own. The agent that takes the
# tests' scripts stays in the initial RAM disk, whatever becomes of the node.
# Names without blanks, and without a line break after the last one.
# shellcheck disable=SC2013
for module in $(cat /modules/order); do insmod "/modules/$module"; done
if [ -e /etc/load-module ]; then
  insmod /lib/modules/mock-accel.ko
  for d in /sys/class/mock-accel/mock*; do
    [ "$(cat "$d/sriov_totalvfs")" = 0 ] || cat "$d/sriov_totalvfs" > "$d/device/sriov_numvfs"
  done
fi
mkdir -p /node
mount -t ext4 -o noatime /dev/vda /node
mount -t ext4 -o noatime /dev/vdb /node/var/lib/containerd
cp -r /seed/. /node/
cd /node || exit 1
# Moved over the root, because some things are refused to those who live in a mere chroot.
(mount --move . / && exec setsid chroot . /bin/sh /etc/node/start.sh > /dev/console 2>&1 < /dev/null) &
echo $! > /tmp/node.pid
