# Cases that look like an attack or a middlebox; sourced by ../diag.sh.

case_ttl_change() {
  ms 10
  serve 'recv 200; send 600; sleep 0.05; ttl 57; send 600; sleep 0.05; ttl 64; send 600; drain; close'
  begin ttl_change
  ask 'send 200; recv 1800; close'
  end
  serve 'recv 200; send 600; sleep 0.05; ttl 63; send 600; sleep 0.05; ttl 64; send 600; drain; close'
  begin ttl_change-near
  ask 'send 200; recv 1800; close'
  end
}

case_injected_rst() {
  ms 10
  serve 'recv 200; repeat 6 send 600, sleep 0.1; drain; close'
  begin injected_rst
  raw_on router inject-rst wan0 "$PORT"
  ask 'send 200; recv 3600; close'
  end
  serve 'recv 200; repeat 3 send 600, sleep 0.1; reset'
  begin injected_rst-near
  ask 'send 200; drain'
  end
}

# refused_ports NAME COUNT: ports that nobody listens on.
refused_ports() {
  begin "$1" client -s 96 "tcp portrange 7000-7100 or"
  in_ns client python3 -c "
import socket, time
for port in range(7000, 7000 + $2):
    socket.socket().connect_ex(('$SERVER', port))
    time.sleep(0.05)"
  end
}

case_port_scan() {
  ms 10
  refused_ports port_scan 20
  refused_ports port_scan-near 14
}

# refused_hosts NAME COUNT: one port of many hosts.
refused_hosts() {
  begin "$1" client -s 96 "tcp port 7022 or"
  in_ns client python3 -c "
import socket, time
for host in range(101, 101 + $2):
    socket.socket().connect_ex((f'198.51.100.{host}', 7022))
    time.sleep(0.05)"
  end
}

case_host_scan() {
  local i
  for i in $(seq 101 120); do address server eth0 198.51.100.$i/24; done
  ms 10
  refused_hosts host_scan 20
  refused_hosts host_scan-near 14
  for i in $(seq 101 120); do ip -n "$PREFIX-server" address del 198.51.100.$i/24 dev eth0; done
}

case_stealth_scan() {
  ms 10
  begin stealth_scan client "tcp portrange 7000-7100 or"
  raw client probe $CLIENT $SERVER 7000 7015 null fin xmas
  end
  # Connections of which the capture has only the end.
  serve 'recv 200; send 600; drain; close'
  for _ in 1 2 3; do ask_on 'send 200; recv 600; sleep 5; close'; done
  sleep 1
  begin stealth_scan-near
  end 5.5
}

# The answers go to addresses that the router knows nothing of.
case_syn_flood() {
  ip -n "$PREFIX-router" route add blackhole 203.0.113.0/24
  in_ns server sysctl -qw net.ipv4.tcp_synack_retries=1
  syn_flood syn_flood 150
  syn_flood syn_flood-near 60
  in_ns server sysctl -qw net.ipv4.tcp_synack_retries=5
  ip -n "$PREFIX-router" route del blackhole 203.0.113.0/24
}

syn_flood() {
  ms 10
  serve hold
  serve2 "$ECHO"
  begin "$1" server -s 96
  raw client flood 203.0.113 $SERVER $PORT "$2" 0.9
  sleep 5
  ask2 "$REQUEST"
  end
}

case_port_reuse() {
  ms 10
  serve 'recv 200; send 600; fin; drain; close'
  begin port_reuse
  ask "bind 40106; send 200; drain; close"
  sleep 2
  ask "bind 40106; send 200; drain; close"
  end
  serve 'recv 200; send 600; fin; drain; close'
  begin port_reuse-near
  ask "bind 40107; send 200; drain; close"
  sleep 2
  ask "bind 40108; send 200; drain; close"
  end
}

# again NAME PORT: after a connection from port 40110 that the server closed
# first, a SYN with a number far behind.
again() {
  serve 'recv 200; send 600; fin; drain; close'
  begin "$1"
  ask "bind 40110; send 200; drain; close"
  sleep 1
  raw client old-syn $CLIENT "$2" $SERVER "$PORT" "$(behind)"
  end
}

# behind: a sequence number behind that of the client's SYN in the capture
# being made.
behind() {
  tcpdump -n -S -r "$OUT/diag/$NAME.pcap" 'tcp[13] = 2' 2>/dev/null |
    sed -n 's/.* seq \([0-9]*\),.*/\1/p' | awk '{ printf "%d\n", ($1 + 4294967296 - 50000000) % 4294967296; exit }'
}

case_time_wait_challenge() {
  ms 10
  again time_wait_challenge 40110
  again time_wait_challenge-near 40111
}
