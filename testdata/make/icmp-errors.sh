#!/usr/bin/env bash
# icmp-errors.pcap: the errors that hosts and routers report, each quoting the
# packet that caused it, over IPv4 and IPv6: port, host, network and
# administratively unreachable, time exceeded, and packet too big; the quoted
# packets are of UDP, TCP and ICMP.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start nginx curl ping nft openssl
routed
web_server server
in_ns router nft -f - <<'NFT'
table inet filter {
  chain forward {
    type filter hook forward priority 0;
    tcp dport 8001 meta nfproto ipv4 reject with icmp host-unreachable
    tcp dport 8001 meta nfproto ipv6 reject with icmpv6 addr-unreachable
    tcp dport 8002 reject with icmpx admin-prohibited
  }
}
NFT
# The link behind the router takes less than the one in front of it.
ip -n "$PREFIX-router" link set wan0 mtu 1300
ip -n "$PREFIX-server" link set eth0 mtu 1300
peer() { quietly in_ns client python3 "$HERE/peer.py" "$@"; }

settle
record client eth0 icmp-errors.pcap
for server in 198.51.100.80 2001:db8:2::80; do
  peer udp-ask "$server" 9 20     # nobody listens: port unreachable
  peer tcp-ask "$server" 8001 64  # rejected as host unreachable
  peer tcp-ask "$server" 8002 64  # rejected as prohibited
  peer tcp-ask "$server" 80 1     # ends at the router: time exceeded, quoting TCP
  quietly in_ns client ping -c 1 -W 1 -t 1 "$server"
done
quietly in_ns client ping -c 1 -W 1 203.0.113.9    # the router has no route
quietly in_ns client ping -c 1 -W 1 2001:db8:3::9
quietly in_ns client ping -c 1 -W 4 198.51.100.99  # no neighbour answers
# Ping may not fragment; the upload learns of the smaller MTU in mid-stream.
quietly in_ns client ping -c 1 -W 1 -M do -s 1400 198.51.100.80
quietly in_ns client ping -6 -c 1 -W 1 -M do -s 1400 2001:db8:2::80
for server in 198.51.100.80 '[2001:db8:2::80]'; do
  in_ns client ip route flush cache
  quietly in_ns client curl -m 5 --data-binary "@$TMP/www/slow.txt" "http://$server/"
done
stop_recording
