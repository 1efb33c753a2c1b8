# Cases about MSS, MTU, offload and other options; sourced by ../diag.sh.

# with_mss MSS: what both ends announce from now on.
with_mss() {
  ip -n "$PREFIX-client" route change default via 192.0.2.1 advmss "$1"
  ip -n "$PREFIX-server" route change default via 198.51.100.1 advmss "$1"
}

# download NAME BYTES [BEGIN_ARGUMENT...]
download() {
  local name=$1 size=$2
  shift 2
  serve "recv 200; send $size; drain; close"
  begin "$name" "$@"
  ask "send 200; recv $size; close"
  end
}

case_mss_clamp() {
  ms 10
  with_mss 1360
  download mss_clamp 6000
  with_mss 1460
  download mss_clamp-near 6000
}

case_mss_tiny() {
  ms 10
  with_mss 500
  download mss_tiny 3000
  with_mss 536
  download mss_tiny-near 3000
  with_mss 1460
}

case_mtu_blackhole() {
  ms 10 left:big:1-:drop
  serve 'recv 200; send 600; drain; hold'
  begin mtu_blackhole
  ask_on 'send 200; recv 600; send 5000; hold'
  end 4
  ms 10 left:data:2-:drop
  serve 'recv 200; send 600; drain; hold'
  begin mtu_blackhole-near
  ask_on 'send 200; recv 600; send 5000; hold'
  end 4
}

# A link of its own, without a bad line, as a line passes on frames of the MTU
# only. What leaves the client has yet to be cut up and to get its checksums.
offloading_link() {
  [ -z "${LINKED:-}" ] || return 0
  LINKED=1
  join client fast0 server fast0
  address client fast0 203.0.113.201/29
  address server fast0 203.0.113.202/29
}

case_offload() {
  offloading_link
  in_ns client ethtool -K fast0 tx off tso off gso off >/dev/null
  in_ns client ethtool -K fast0 tx on tso on gso on >/dev/null
  SERVER=203.0.113.202
  serve 'drain; close'
  record client fast0 diag/offload.pcap --immediate-mode tcp port "$PORT"
  echo "  offload"
  ask 'send 60000; fin; drain; close'
  end
  in_ns client ethtool -K fast0 tx off tso off gso off >/dev/null
  serve 'drain; close'
  record client fast0 diag/offload-near.pcap --immediate-mode tcp port "$PORT"
  echo "  offload-near"
  ask 'send 60000; fin; drain; close'
  end
  SERVER=198.51.100.80
}

case_checksum_offload() {
  offloading_link
  in_ns client ethtool -K fast0 tx on tso off gso off >/dev/null
  SERVER=203.0.113.202
  serve "$ECHO"
  record client fast0 diag/checksum_offload.pcap --immediate-mode tcp port "$PORT"
  echo "  checksum_offload"
  ask "$REQUEST"
  end
  in_ns client ethtool -K fast0 tx off >/dev/null
  serve "$ECHO"
  record client fast0 diag/checksum_offload-near.pcap --immediate-mode tcp port "$PORT"
  echo "  checksum_offload-near"
  ask "$REQUEST"
  end
  SERVER=198.51.100.80
}

case_sack_missing() {
  ms 10 left:data:8,14:drop
  in_ns server sysctl -qw net.ipv4.tcp_sack=0
  upload sack_missing 40000 client -s 96
  in_ns server sysctl -qw net.ipv4.tcp_sack=1
  ms 10 left:data:8,14:drop
  upload sack_missing-near 40000 client -s 96
}

# The first SYN carries a Fast Open cookie and data; when it is lost, the
# kernel sends a plain one.
case_syn_options_changed() {
  local n
  for n in client server; do in_ns "$n" sysctl -qw net.ipv4.tcp_fastopen=3; done
  ms 10
  serve "$ECHO"
  ask "fastopen 200; recv 600; close" # fetches the cookie
  sleep 1
  line --delay 10 --rule left:syn:1:drop
  begin syn_options_changed
  ask "fastopen 200; recv 600; close"
  end
  for n in client server; do in_ns "$n" sysctl -qw net.ipv4.tcp_fastopen=1; done
  ms 10 left:syn:1:drop
  simple syn_options_changed-near
}
