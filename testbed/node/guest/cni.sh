#!/bin/sh
# A network of one node: each pod has an address of the node's own, a veth pair, and the node as its router, which
# answers for all addresses (proxy ARP). https://www.cni.dev/docs/spec/
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
# busybox's shell would take its own, which knows less.
ip=/usr/bin/ip
# shellcheck source=/dev/null
. /etc/node/env
cat > /dev/null
host=v$(echo "$CNI_CONTAINERID" | cut -c1-12)
ns=${CNI_NETNS##*/}


address() {
  i=2
  until mkdir "/run/cni/$i" 2>/dev/null; do
    i=$((i + 1))
    if [ $i -gt 250 ]; then
      echo '{"cniVersion": "1.0.0", "code": 11, "msg": "the node has no more addresses"}'
      exit 1
    fi
  done
  echo "$CNI_CONTAINERID" > "/run/cni/$i/id"
  echo "$PODS.$i"
}

case $CNI_COMMAND in
  ADD)
    set -e
    pod=$(address) || { echo "$pod"; exit 1; }
    {
      $ip link add "$host" type veth peer name "$CNI_IFNAME" netns "$ns"
      $ip link set "$host" up
      echo 1 > "/proc/sys/net/ipv4/conf/$host/proxy_arp"
      $ip route add "$pod" dev "$host"
      $ip -n "$ns" address add "$pod/32" dev "$CNI_IFNAME"
      $ip -n "$ns" link set "$CNI_IFNAME" up
      $ip -n "$ns" route add 169.254.1.1 dev "$CNI_IFNAME" scope link
      $ip -n "$ns" route add default via 169.254.1.1 dev "$CNI_IFNAME"
    } >&2
    echo "{\"cniVersion\": \"1.0.0\", \"interfaces\": [{\"name\": \"$CNI_IFNAME\", \"sandbox\": \"$CNI_NETNS\"}],
      \"ips\": [{\"address\": \"$pod/32\", \"interface\": 0}]}"
    ;;
  DEL)
    $ip link del "$host" 2> /dev/null
    # shellcheck disable=SC2013 # names without blanks
    for file in $(grep -l "$CNI_CONTAINERID" /run/cni/*/id 2> /dev/null); do rm -r "${file%/id}"; done
    ;;
  VERSION) echo '{"cniVersion": "1.0.0", "supportedVersions": ["0.4.0", "1.0.0"]}' ;;
esac
exit 0
