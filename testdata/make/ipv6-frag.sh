#!/usr/bin/env bash
# ipv6-frag.pcap: packets too large for the link, sent as fragments, in IPv4
# and IPv6: pings of 4000 bytes, UDP datagrams of 3000, and a DNS answer of
# about 3 KB. The line reorders some of them, so that not all fragments come
# in their order.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start dnsmasq dig ping
routed --delay 5 --reorder 20 --seed 174
texts=()
for i in $(seq 12); do
  texts+=("--txt-record=big.example.com,record $i: $(printf 'a rather long text; %.0s' $(seq 11))")
done
background server dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts \
  --pid-file= --user=root --edns-packet-max=4096 "${texts[@]}"
background server python3 "$HERE/peer.py" udp-echo 7
settle
record client eth0 ipv6-frag.pcap
quietly in_ns client ping -c 2 -i 0.3 -s 4000 198.51.100.80
quietly in_ns client ping -6 -c 2 -i 0.3 -s 4000 2001:db8:2::80
quietly in_ns client python3 "$HERE/peer.py" udp-ask 198.51.100.80 7 3000
# The address the server prefers: an unbound socket answers from that one.
quietly in_ns client python3 "$HERE/peer.py" udp-ask 2001:db8:2::53 7 3000
quietly in_ns client dig @198.51.100.53 big.example.com TXT +bufsize=4096 +ignore +tries=1
quietly in_ns client dig @2001:db8:2::53 big.example.com TXT +bufsize=4096 +ignore +tries=1
stop_recording
