#!/usr/bin/env bash
# web-day.pcap: a client on a bad line, as its own interface sees it: names
# looked up, pages fetched, losses made good, one port closed and one
# filtered, over IPv4 and IPv6.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start nginx dnsmasq dig curl ping nft openssl
routed --delay 20 --loss 2.5 --seed "${SEED:-5}"

# Packets to this port vanish in the router, as in a firewall that says
# nothing.
in_ns router nft -f - <<'NFT'
table inet filter {
  chain forward {
    type filter hook forward priority 0;
    tcp dport 8443 drop
  }
}
NFT

web_server server
name_server server \
  '198.51.100.80 www.example.com' '2001:db8:2::80 www.example.com' \
  '198.51.100.80 v4.example.com' '2001:db8:2::80 v6.example.com'

ask() {
  quietly with_resolver client 198.51.100.53 "$@"
  sleep 0.3
}

settle
record client eth0 web-day.pcap
ask ping -c 3 -i 0.3 198.51.100.80
ask curl http://www.example.com/
ask curl -4 http://v4.example.com/data.bin -o /dev/null
ask dig @198.51.100.53 missing.example.com +tries=2 +time=1
ask curl -6 http://v6.example.com/no-such-page
ask curl -6 http://v6.example.com/data.bin -o /dev/null
ask curl -k https://www.example.com/
ask curl -4 http://v4.example.com:8080/
ask curl -4 http://v4.example.com:8443/ --connect-timeout 3.5
ask curl -4 http://v4.example.com/slow.txt
ask ping -6 -c 3 -i 0.3 2001:db8:2::80
ask dig @2001:db8:2::53 www.example.com AAAA +tries=2 +time=1
stop_recording
