#!/usr/bin/env bash
# http-loss.pcapng: downloads over a line that loses, reorders and doubles
# packets, recorded by dumpcap on both interfaces of the router at once. Every
# packet that gets through is in the file twice, once for each interface. The
# file has what only real pcapng has: interface names, a capture comment and
# closing interface statistics.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start nginx curl openssl dumpcap
routed --delay 10 --loss 3 --reorder 3 --duplicate 2 --seed 11
web_server server

settle
ip netns exec "$PREFIX-router" dumpcap -q -i lan0 -i wan0 -w "$TMP/http-loss.pcapng" \
  --capture-comment 'downloads over a line that loses, reorders and doubles packets' \
  2>"$TMP/dumpcap.log" &
RECORDERS+=($!)
wait_for "$TMP/dumpcap.log" '^File:'
sleep 1 # it says so shortly before it starts
quietly in_ns client curl http://198.51.100.80/data.bin -o /dev/null &
download=$!
quietly in_ns client curl http://[2001:db8:2::80]/data.bin -o /dev/null
wait "$download"
quietly in_ns client curl http://198.51.100.80/
stop_recording
# dumpcap describes the machine in the section header; leave that out.
python3 "$HERE/anonymous.py" "$TMP/http-loss.pcapng" "$OUT/http-loss.pcapng"
