#!/usr/bin/env bash
# any.pcap, any-sll.pcap: tcpdump on "any" interface of a router, in the two
# versions of the Linux cooked header; only the second one says which
# interface it was. Each packet is in it once for each interface.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start nginx curl ping openssl
routed
web_server server
settle
record router any any.pcap -y LINUX_SLL2
record router any any-sll.pcap -y LINUX_SLL
for server in 198.51.100.80 2001:db8:2::80; do
  quietly in_ns client ping -c 1 "$server"
done
quietly in_ns client curl http://198.51.100.80/
quietly in_ns client curl 'http://[2001:db8:2::80]/'
stop_recording
