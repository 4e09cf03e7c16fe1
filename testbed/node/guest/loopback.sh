#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
# busybox's shell would take its own, which knows less.
ip=/usr/bin/ip
cat > /dev/null
case $CNI_COMMAND in
  ADD)
    $ip -n "${CNI_NETNS##*/}" link set lo up >&2
    echo '{"cniVersion": "1.0.0", "ips": [{"address": "127.0.0.1/8"}]}'
    ;;
  VERSION) echo '{"cniVersion": "1.0.0", "supportedVersions": ["0.4.0", "1.0.0"]}' ;;
esac
exit 0
