# Cases about packets that are lost, late, doubled or changed; sourced by
# ../diag.sh.

# upload NAME BYTES [BEGIN_ARGUMENT...]: the client sends, the server reads.
upload() {
  local name=$1 size=$2
  shift 2
  serve 'drain; close'
  begin "$name" "$@"
  ask "send $size; fin; drain; close"
  end
}

case_high_retransmission() {
  # Each is sent again after a time-out. What fast retransmission repeats
  # within a round trip of new data, Wireshark takes for out of order.
  local serve='repeat 40 recv 200, send 300; drain; close' ask='repeat 40 send 200, recv 300; close'
  ms 10 left:data:5,13,21,29:drop
  serve "$serve"
  begin high_retransmission
  ask "$ask"
  end
  ms 10 left:data:5,21:drop
  serve "$serve"
  begin high_retransmission-near
  ask "$ask"
  end
}

# The round trip grows from 10 to 310 ms within the transfer, which is more
# than the sender's time-out. The router is between the two halves of it, and
# sees the acknowledgement of what is then sent again.
case_spurious_retransmission() {
  line --delay 2.5 --rule left:data:8:slower=130 -- --delay 2.5 --rule left:data:8:slower=170
  upload spurious_retransmission 40000 router -s 96
  line --delay 2.5 -- --delay 2.5 --rule left:data:10,20:drop
  upload spurious_retransmission-near 40000 router -s 96
}

case_capture_loss() {
  ms 10
  upload capture_loss 40000
  NAME=capture_loss rewrite lose 10-12
  ms 10
  upload capture_loss-near 40000
}

case_capture_duplicates() {
  ms 10
  local name=capture_duplicates
  serve 'recv 200; send 6000; drain; close'
  record router lan0 diag/lan.tmp --immediate-mode tcp port "$PORT"
  record router wan0 diag/wan.tmp --immediate-mode tcp port "$PORT"
  echo "  $name"
  ask 'send 200; recv 6000; close'
  end
  mergecap -F pcap -w "$OUT/diag/$name.pcap" "$OUT/diag/lan.tmp" "$OUT/diag/wan.tmp"
  rm "$OUT/diag/lan.tmp" "$OUT/diag/wan.tmp"

  line --delay 10 -- --rule right:data:2-3:drop
  serve 'recv 200; send 6000; drain; close'
  begin capture_duplicates-near server
  ask 'send 200; recv 6000; close'
  end
}

case_long_rto() {
  ms 10 left:data:2-5:drop
  serve 'recv 200; send 600; recv 300; send 600; drain; close'
  begin long_rto
  ask 'send 200; recv 600; send 300; recv 600; close'
  end
  ms 10 left:data:2:drop
  serve 'recv 200; send 600; recv 300; send 600; drain; close'
  begin long_rto-near
  ask 'send 200; recv 600; send 300; recv 600; close'
  end
}

case_bad_checksums() {
  # Else the interface says that it has verified what it has not.
  in_ns server ethtool -K eth0 rx off >/dev/null
  ms 10 left:data:4,9:corrupt
  upload bad_checksums 20000 server
  ms 10
  upload bad_checksums-near 20000 server
  in_ns server ethtool -K eth0 rx on >/dev/null
}

case_one_sided() {
  ms 10
  serve 'recv 200; send 20000; drain; close'
  record client eth0 diag/one_sided.pcap --immediate-mode tcp src port "$PORT"
  ask 'send 200; recv 20000; close'
  end
  serve 'recv 200; send 20000; drain; close'
  begin one_sided-near
  ask 'send 200; recv 20000; close'
  end
}

case_ip_fragmentation() {
  # The router's next link takes less, and the server's packets may be
  # fragmented, as it does not look for the MTU of the path.
  in_ns server sysctl -qw net.ipv4.ip_no_pmtu_disc=1
  ip -n "$PREFIX-router" link set lan0 mtu 1000
  ms 10
  ALSO='or (ip[6:2] & 0x1fff != 0)'
  serve 'recv 200; send 6000; drain; close'
  begin ip_fragmentation
  ask 'send 200; recv 6000; close'
  end
  in_ns server sysctl -qw net.ipv4.ip_no_pmtu_disc=0
  ALSO='or (ip[6:2] & 0x1fff != 0) or icmp'
  serve 'recv 200; send 6000; drain; close'
  begin ip_fragmentation-near server
  ask 'send 200; recv 6000; close'
  end
  ip -n "$PREFIX-router" link set lan0 mtu 1500
  in_ns server ip route flush cache
}
