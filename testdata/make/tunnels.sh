#!/usr/bin/env bash
# tunnels.pcap: a ping and a small page inside VLAN, QinQ, GRE (with a key),
# IPIP, 6in4, VXLAN and Geneve, recorded on the link that carries them all.
# The ends of the tunnels are tunnel.py, as few kernels have every kind.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start nginx curl ping openssl
namespace client server
join client eth0 server eth0
address client eth0 192.0.2.10/24
address server eth0 192.0.2.80/24

# tunnel NUMBER KIND CLIENT_LOCAL CLIENT_REMOTE SERVER_LOCAL SERVER_REMOTE:
# a tunnel in which the two have addresses of their own. Neighbours are set by
# hand and IPv6 kept off interfaces that do not need it, to keep this small.
tunnel() {
  local n=$1 kind=$2
  background client python3 "$HERE/tunnel.py" "$kind" "$kind" "$3" "$4"
  background server python3 "$HERE/tunnel.py" "$kind" "$kind" "$5" "$6"
  local side i
  for side in client server; do
    for i in $(seq 50); do
      ip -n "$PREFIX-$side" link show "$kind" >/dev/null 2>&1 && break
      sleep 0.1
    done
    [ "$kind" = sit ] || in_ns "$side" sysctl -qw "net.ipv6.conf.$kind.disable_ipv6=1"
    ip -n "$PREFIX-$side" link set "$kind" mtu 1400 up
  done
  if [ "$kind" = sit ]; then
    address client sit 2001:db8:7::10/64
    address server sit 2001:db8:7::80/64
  else
    address client "$kind" "198.51.100.$n/30"
    address server "$kind" "198.51.100.$((n + 1))/30"
  fi
}

tunnel 1 vlan eth0 5 eth0 5
tunnel 5 qinq eth0 100.7 eth0 100.7
for t in 9:gre 13:ipip 17:sit 21:vxlan 25:geneve; do
  tunnel "${t%:*}" "${t#*:}" 192.0.2.10 192.0.2.80 192.0.2.80 192.0.2.10
done
web_server server

settle
record client eth0 tunnels.pcap
for n in 2 6 10 14 22 26; do
  quietly in_ns client ping -c 1 -W 1 "198.51.100.$n"
  quietly in_ns client curl -m 3 "http://198.51.100.$n/"
done
quietly in_ns client ping -6 -c 1 -W 1 2001:db8:7::80
quietly in_ns client curl -m 3 'http://[2001:db8:7::80]/'
stop_recording
