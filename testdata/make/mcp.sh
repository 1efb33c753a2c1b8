#!/usr/bin/env bash
# captures/mcp/: conversations of the Model Context Protocol between a server and a
# client of the Go SDK (mcptalk), as the client's interface saw them: one capture for each
# era and carrier, and two in TLS.
#
#   mcp.sh [NAME...]     all of them, or some
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start go
mkdir -p "$OUT/mcp"

# conversation NAME URL VERSION [TOKEN]: record one.
conversation() {
  local name=$1
  shift
  record client eth0 "mcp/$name.pcap" tcp
  in_ns client "$TMP/mcptalk" talk "$@" >"$TMP/talk.log" 2>&1 || cat "$TMP/talk.log"
  stop_recording
}

SERVER=198.51.100.80
case_streamable() { conversation streamable "http://$SERVER:8000/mcp" 2025-06-18 not-a-secret-token-of-anyone; }
case_events() { conversation events "http://$SERVER:8000/sse" 2024-11-05; }
case_modern() { conversation modern "http://$SERVER:8000/agent/v2" 2026-07-28; }
case_tls_h2() { conversation tls_h2 "https://$SERVER:8443/mcp" 2025-06-18; }
case_tls_h1() { GODEBUG=http2client=0 conversation tls_h1 "https://$SERVER:8443/mcp" 2025-06-18; }

(cd "$HERE/../.." && go build -o "$TMP/mcptalk" ./testdata/make/mcptalk)
routed
background server "$TMP/mcptalk" serve "$SERVER:8000" "$SERVER:8443"
wait_for "$TMP/background.log" ready
settle
cases=("$@")
if [ $# = 0 ]; then
  mapfile -t cases < <(declare -F | sed -n 's/^declare -f case_//p')
fi
for c in "${cases[@]}"; do "case_$c"; done
