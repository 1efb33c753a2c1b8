# Cases about how a connection begins; sourced by ../diag.sh.

case_clean() {
  web_server server
  python3 -c 'import random,sys; sys.stdout.buffer.write(random.Random(1).randbytes(200000))' >"$TMP/www/clean.bin"
  ms 10
  echo "  clean"
  NAME=clean
  record client eth0 diag/clean.pcap --immediate-mode tcp port 80
  quietly in_ns client curl http://$SERVER/clean.bin -o /dev/null
  end
}

case_syn_unanswered() {
  ms 10
  port_set filtered
  serve2 "$ECHO"
  begin syn_unanswered
  ask 'timeout 3.4; send 1'
  sleep 3
  ask2 "$REQUEST"
  end

  ms 10 left:syn:1:drop
  simple syn_unanswered-near
}

case_refused() {
  ms 10
  begin refused
  ask 'send 1'
  end
  simple refused-near
}

case_icmp_rejected() {
  ms 10
  port_set prohibited
  ALSO='or icmp'
  begin icmp_rejected
  ask 'send 1'
  end

  # The error is about a datagram between the same addresses and ports.
  port_set filtered
  serve2 "$ECHO"
  ALSO="or icmp or udp port $PORT"
  begin icmp_rejected-near
  ask 'bind 40008; timeout 3.4; send 1'
  in_ns client python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 40008))
s.sendto(b'datagram', ('$SERVER', $PORT))"
  sleep 3
  ask2 "$REQUEST"
  end
}

case_half_open() {
  in_ns server sysctl -qw net.ipv4.tcp_synack_retries=1
  ms 10 left:rest:1-:drop
  serve hold
  serve2 "$ECHO"
  begin half_open server
  ask_on hold
  sleep 5
  ms 10
  ask2 "$REQUEST"
  end

  ms 10 left:rest:1-:drop
  serve hold
  begin half_open-near server
  ask_on hold
  end 2.5
  in_ns server sysctl -qw net.ipv4.tcp_synack_retries=5
}

case_reset_by_client() {
  ms 10
  serve "$ECHO"
  begin reset_by_client
  raw client probe $CLIENT $SERVER $PORT $PORT syn
  end

  serve "$ECHO"
  begin reset_by_client-near
  ask 'send 200; recv 600; sleep 0.1; reset'
  end
}

# own_server ERROR: raw.py answers SYNs to the case's port, without the
# kernel's refusal.
own_server() {
  in_ns server nft "add table ip quiet; add chain ip quiet out { type filter hook output priority 0; };
    add rule ip quiet out tcp sport $PORT tcp flags & rst == rst drop"
  raw_on server answer-syn "$PORT" "$1"
}

case_handshake_mismatch() {
  ms 10
  own_server 5000
  begin handshake_mismatch
  ask 'timeout 1.5; send 1'
  end

  own_server 0
  begin handshake_mismatch-near
  ask_on 'hold'
  end 1
  in_ns server nft delete table ip quiet
}

case_simultaneous_open() {
  ms 250
  begin simultaneous_open
  ip netns exec "$PREFIX-server" "$PYTHON" "$HERE/diag/play.py" connect $CLIENT $((PORT + 1)) \
    "bind $PORT; recv 200; send 600; drain; close" &
  PLAYERS+=($!)
  ask "bind $((PORT + 1)); send 200; recv 600; close"
  end 1

  ms 10
  serve "$ECHO"
  begin simultaneous_open-near
  ask "bind $((PORT + 1)); $REQUEST"
  end
}

case_slow_handshake() {
  ms 160
  simple slow_handshake
  ms 122
  simple slow_handshake-near
}

case_syn_retransmitted() {
  ms 10 left:syn:1-2:drop
  simple syn_retransmitted
  ms 10
  simple syn_retransmitted-near
}
