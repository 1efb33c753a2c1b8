#!/usr/bin/env bash
# sctp.pcap: an SCTP association with an echo server, from INIT to SHUTDOWN,
# once directly in IP (v4 and v6) and once inside UDP. Both ends are the
# example programs of usrsctp (Debian: libusrsctp-examples), which do SCTP in
# user space, as few kernels have it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start
BIN=${USRSCTP:-/usr/lib/usrsctp}
[ -x "$BIN/client" ] || die "needs the usrsctp example programs (libusrsctp-examples)"
namespace client server
join client eth0 server eth0
address client eth0 192.0.2.10/24 2001:db8:1::10/64
address server eth0 192.0.2.80/24 2001:db8:1::80/64
background server "$BIN/echo_server" 9899 9899
talk() {
  { sleep 0.5; printf 'hello over SCTP\n'; sleep 0.3; head -c 3000 /dev/zero | tr '\0' x; sleep 0.7; } |
    timeout 8 ip netns exec "$PREFIX-client" "$BIN/client" "$@" >/dev/null 2>&1 || true
}
settle
record client eth0 sctp.pcap
talk 192.0.2.80 7
talk 2001:db8:1::80 7
talk 192.0.2.80 7 0 9899 9899
stop_recording
