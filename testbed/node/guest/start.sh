#!/bin/sh
# Runs as long as the node does: mounts, network, containerd, kubelet; what ends is started again, as a service
# manager would. `stop` in /run/node/NAME keeps it down.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
# Fewer collections: there is memory enough, and under emulation they are a good part of what containerd and kubelet cost.
export GOGC=400 GOMEMLIMIT=200MiB
# shellcheck source=/dev/null
. /etc/node/env

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
for dir in /dev/shm /run /tmp; do mount -t tmpfs tmpfs "$dir"; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --make-rshared /
mkdir -p /run/node /run/cni /run/cdi /run/lock

/usr/bin/ip link set lo up
/usr/bin/ip address add "$ADDRESS/16" dev eth0
/usr/bin/ip link set eth0 up
/usr/bin/ip route add default via "$GATEWAY"
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv4/conf/eth0/proxy_arp
# shellcheck disable=SC2153 # of /etc/node/env
hostname "$NAME"

mkdir -p /var/lib/kubelet/plugins /var/lib/kubelet/plugins_registry /var/log

keep() {
  name=$1
  shift
  while :; do
    [ -e "/run/node/$name.stop" ] || "$@" >> "/var/log/$name.log" 2>&1
    sleep 0.2
  done
}
keep containerd containerd &
until [ -S /run/containerd/containerd.sock ]; do sleep 0.1; done
keep kubelet kubelet --config=/etc/node/kubelet.json --kubeconfig=/etc/node/kubeconfig \
  --node-ip="$ADDRESS" --hostname-override="$NAME" --v=2 &
wait
