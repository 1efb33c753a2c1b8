#!/usr/bin/env bash
# tcp-ends.pcap: TCP connections that end in every way a connection can end,
# one for each, and one that began before the recording; see peer.py.
# tcp-windows.pcap: a receiver that does not read (zero window, probes), and a
# silent connection with keep-alives.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start
routed --delay 5
background server python3 "$HERE/peer.py" ends-server
background client python3 "$HERE/peer.py" midstream 198.51.100.80 "$TMP/go"
settle
record client eth0 tcp-ends.pcap
touch "$TMP/go" # the connection that already exists may go on
in_ns client python3 "$HERE/peer.py" ends-client 198.51.100.80
stop_recording

record client eth0 tcp-windows.pcap
in_ns client python3 "$HERE/peer.py" windows-client 198.51.100.80
stop_recording
