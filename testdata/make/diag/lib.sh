# Helpers of diag.sh; sourced after ../lib.sh, not run.
#
# The network: client - line - router - line - server, all IPv4. Each case has
# two TCP ports of its own, so that nothing of the case before gets into its
# capture.

PORT=20998
CLIENT=192.0.2.10
SERVER=198.51.100.80
LINES=()
PLAYERS=()
# Not a wrapper that takes its time: how long a client takes to start is part
# of what is recorded.
PYTHON=$(python3 -c 'import sys; print(sys.executable)')

network() {
  namespace client near router far server
  router router
  join client eth0 near left
  join near right router lan0
  join router wan0 far left
  join far right server eth0
  address client eth0 $CLIENT/24
  address router lan0 192.0.2.1/24
  address router wan0 198.51.100.1/24
  address server eth0 $SERVER/24
  route client default via 192.0.2.1
  route server default via 198.51.100.1
  # What one case taught the kernel about a path must not change the next one.
  local n
  for n in client server; do
    in_ns "$n" sysctl -qw net.ipv4.tcp_no_metrics_save=1 net.ipv4.tcp_syn_linear_timeouts=0
  done
  # Ports put into these sets are filtered or rejected.
  in_ns router nft -f - <<'NFT'
table ip filter {
  set filtered { type inet_service; }
  set prohibited { type inet_service; }
  chain forward {
    type filter hook forward priority 0;
    tcp dport @filtered drop
    tcp dport @prohibited reject with icmp admin-prohibited
  }
}
NFT
}

# port_set SET: put the case's port into one of the router's sets.
port_set() { in_ns router nft add element ip filter "$1" "{ $PORT }"; }

# line [NEAR_OPTION... [-- FAR_OPTION...]]: what the lines between client and
# router and between router and server do from now on; see ../wire.py.
line() {
  local near=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do near+=("$1"); shift; done
  [ $# = 0 ] || shift
  local p
  for p in "${LINES[@]}"; do kill "$p"; wait "$p" 2>/dev/null || true; done
  LINES=()
  one_line near "${near[@]}"
  one_line far "$@"
}

one_line() {
  local n=$1 log=$TMP/line.$1
  shift
  ip netns exec "$PREFIX-$n" "$PYTHON" "$HERE/wire.py" left right "$@" >"$log" 2>&1 &
  LINES+=($!)
  BACKGROUND+=($!)
  wait_for "$log" ready
}

# ms DELAY [RULE...]: a line between client and router of so many
# milliseconds each way, with rules for the case's ports, and none to speak of
# behind it.
ms() {
  local args=(--delay "$1" --ports $PORT-$((PORT + 1))) r
  shift
  for r in "$@"; do args+=(--rule "$r"); done
  line "${args[@]}"
}

# begin NAME [WHERE [TCPDUMP_ARGUMENT...]]: record the case's ports into
# NAME.pcap, on the client's or (WHERE=server, router) another interface.
begin() {
  NAME=$1
  local ns=${2:-client} interface=eth0
  [ "$ns" != router ] || interface=wan0
  [ $# -lt 2 ] && shift || shift 2
  echo "  $NAME"
  record "$ns" "$interface" "diag/$NAME.pcap" --immediate-mode "$@" \
    "tcp portrange $PORT-$((PORT + 1)) ${ALSO:-}"
}

# new_case: the next two ports; the peers of the case before are gone.
new_case() {
  local p
  for p in "${PLAYERS[@]}"; do kill "$p" 2>/dev/null || true; wait "$p" 2>/dev/null || true; done
  PLAYERS=()
  PORT=$((PORT + 2))
  ALSO=
}

# end: stop recording, when the last packets have arrived. What the peers do
# when they are stopped is not part of the case.
end() {
  sleep "${1:-0.4}"
  local p
  for p in "${RECORDERS[@]}"; do kill "$p"; done
  for p in "${RECORDERS[@]}"; do wait "$p" || true; done
  RECORDERS=()
  new_case
}

# serve STEPS: a server on the case's port; serve2: on its second one.
serve() { listener "$PORT" "$1"; }
serve2() { listener $((PORT + 1)) "$1"; }

listener() {
  local log=$TMP/listen.$1
  ip netns exec "$PREFIX-server" "$PYTHON" "$HERE/diag/play.py" listen "$1" "$2" >"$log" 2>&1 &
  PLAYERS+=($!)
  BACKGROUND+=($!)
  wait_for "$log" ready
}

# ask STEPS: a client for the case's port; ask2 for its second port; ask_on
# waits only until it is connected.
ask() { asked "$PORT" "$1"; }
ask2() { asked $((PORT + 1)) "$1"; }
asked() { in_ns client "$PYTHON" "$HERE/diag/play.py" connect $SERVER "$1" "$2" >/dev/null; }
ask_on() {
  : >"$TMP/asker"
  ip netns exec "$PREFIX-client" "$PYTHON" "$HERE/diag/play.py" connect $SERVER "$PORT" "$1" >"$TMP/asker" 2>&1 &
  PLAYERS+=($!)
  BACKGROUND+=($!)
  wait_for "$TMP/asker" connected
}

# raw NAMESPACE ARGUMENT...: raw.py in a namespace.
raw() {
  local n=$1
  shift
  in_ns "$n" "$PYTHON" "$HERE/diag/raw.py" "$@"
}

# raw_on NAMESPACE ARGUMENT...: the same in the background, once it is ready.
raw_on() {
  local n=$1 log=$TMP/raw
  shift
  : >"$log"
  ip netns exec "$PREFIX-$n" "$PYTHON" "$HERE/diag/raw.py" "$@" >"$log" 2>&1 &
  PLAYERS+=($!)
  BACKGROUND+=($!)
  wait_for "$log" ready
}

# rewrite DEED ARGUMENT: change the capture that was just made; see
# rewrite.py.
rewrite() { "$PYTHON" "$HERE/diag/rewrite.py" "$OUT/diag/$NAME.pcap" "$@"; }

# simple NAME: request and answer, closed by both: what most near misses
# compare with.
ECHO='recv 200; send 600; drain; close'
REQUEST='send 200; recv 600; close'
simple() {
  serve "$ECHO"
  begin "$@"
  ask "$REQUEST"
  end
}
