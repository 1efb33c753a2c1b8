# Shared helpers of the capture scripts; sourced, not run.
#
# Every script builds a small network of its own out of network namespaces
# and veth pairs, runs real programs in it and records them. Nothing leaves
# these namespaces, and all of it is taken down again when the script ends,
# however it ends.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
OUT=${OUT:-$(dirname "$HERE")/captures}
# The process number keeps two runs at the same time apart.
PREFIX=pcapidx$$
TMP=
NAMESPACES=()
BACKGROUND=()
RECORDERS=()

die() { echo "$0: $*" >&2; exit 1; }

# start TOOL...: check that this can run at all and arrange for the cleanup.
start() {
  [ "$(id -u)" = 0 ] || die "needs root (network namespaces)"
  local tool
  for tool in ip ethtool tcpdump python3 "$@"; do
    command -v "$tool" >/dev/null || die "needs $tool"
  done
  TMP=$(mktemp -d)
  chmod 755 "$TMP" # nginx and dnsmasq drop their privileges
  trap cleanup EXIT
  trap 'exit 130' INT TERM
  mkdir -p "$OUT"
}

cleanup() {
  local p n
  for p in "${RECORDERS[@]}" "${BACKGROUND[@]}"; do kill "$p" 2>/dev/null || true; done
  for p in "${RECORDERS[@]}" "${BACKGROUND[@]}"; do wait "$p" 2>/dev/null || true; done
  for n in "${NAMESPACES[@]}"; do ip netns del "$PREFIX-$n" 2>/dev/null || true; done
  [ -z "$TMP" ] || rm -rf "$TMP"
}

# in_ns NAME COMMAND...: run a command inside a namespace.
in_ns() {
  local n=$1
  shift
  ip netns exec "$PREFIX-$n" "$@"
}

# background NAME COMMAND...: the same, left running until the cleanup.
background() {
  local n=$1
  shift
  ip netns exec "$PREFIX-$n" "$@" >"$TMP/background.log" 2>&1 &
  BACKGROUND+=($!)
}

# namespace NAME...: create namespaces. Duplicate address detection and
# router solicitations would only add seconds of waiting and noise. Reno is
# the one congestion control that every kernel has and allows here.
namespace() {
  local n
  for n in "$@"; do
    ip netns add "$PREFIX-$n"
    NAMESPACES+=("$n")
    in_ns "$n" sysctl -qw net.ipv6.conf.default.accept_dad=0 \
      net.ipv6.conf.default.router_solicitations=0 \
      net.ipv6.conf.default.accept_ra=0 \
      net.ipv4.tcp_congestion_control=reno \
      net.ipv4.ping_group_range='0 2147483647'
    ip -n "$PREFIX-$n" link set lo up
  done
}

# router NAME: let a namespace forward packets, answering with as many ICMP
# errors as there is reason for.
router() {
  in_ns "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
    net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
}

# join A IFACE_A B IFACE_B: connect two namespaces. Checksum and segmentation
# offload are switched off, so that the capture shows what a cable would:
# full checksums, and no frame above the MTU.
join() {
  ip link add "v$$a" type veth peer name "v$$b"
  ip link set "v$$a" netns "$PREFIX-$1" name "$2" address "$(mac "$1" "$2")"
  ip link set "v$$b" netns "$PREFIX-$3" name "$4" address "$(mac "$3" "$4")"
  in_ns "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null
  in_ns "$3" ethtool -K "$4" tx off tso off gso off gro off >/dev/null
  ip -n "$PREFIX-$1" link set "$2" up
  ip -n "$PREFIX-$3" link set "$4" up
}

# mac NAMESPACE IFACE: a locally administered address that is the same in
# every run.
mac() { printf '%s' "$1/$2" | md5sum | sed 's/\(..\)\(..\)\(..\)\(..\)\(..\).*/02:\1:\2:\3:\4:\5/'; }

# wire A IFACE_A B IFACE_B [OPTION...]: like join, but with a bad line between
# the two ends; see wire.py for the options.
wire() {
  local a=$1 ifa=$2 b=$3 ifb=$4 w=wire-$1-$3
  shift 4
  namespace "$w"
  in_ns "$w" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
  join "$a" "$ifa" "$w" left
  join "$w" right "$b" "$ifb"
  background "$w" python3 "$HERE/wire.py" left right "$@"
}

# address NAME IFACE ADDRESS...
address() {
  local n=$1 i=$2 a
  shift 2
  for a in "$@"; do ip -n "$PREFIX-$n" address add "$a" dev "$i"; done
}

# route NAME DESTINATION via GATEWAY...: what "ip route add" takes.
route() {
  local n=$1
  shift
  case $* in
  *:*) ip -n "$PREFIX-$n" -6 route add "$@" ;;
  *) ip -n "$PREFIX-$n" route add "$@" ;;
  esac
}

# wait_for FILE TEXT: until a program has written that it is ready.
wait_for() {
  local i
  for i in $(seq 100); do
    grep -q "$2" "$1" 2>/dev/null && return
    sleep 0.1
  done
  die "no '$2' after 10 s: $(cat "$1")"
}

# record NAME IFACE FILE [TCPDUMP ARGUMENT...]: start tcpdump and wait until
# it listens.
record() {
  local n=$1 i=$2 f=$3 log
  shift 3
  log=$TMP/record.${#RECORDERS[@]}
  # Not by in_ns: the number of a function in the background is that of a
  # subshell, not of the program.
  ip netns exec "$PREFIX-$n" tcpdump -Z root -n -s 0 -U -i "$i" -w "$OUT/$f" "$@" 2>"$log" &
  RECORDERS+=($!)
  wait_for "$log" 'listening on'
}

# stop_recording: give the last packets time to arrive, then end all
# recorders.
stop_recording() {
  local p
  sleep 1
  for p in "${RECORDERS[@]}"; do kill "$p"; done
  for p in "${RECORDERS[@]}"; do wait "$p" || true; done
  RECORDERS=()
}

# web_server NAME: nginx with an index page, a download of 40 KB, and a slow
# one; also with TLS.
web_server() {
  local d=$TMP/www
  mkdir -p "$d"
  printf '<!doctype html><title>example</title><p>It works.\n' >"$d/index.html"
  python3 -c 'import random,sys; r=random.Random(40); sys.stdout.buffer.write(r.randbytes(40960))' >"$d/data.bin"
  python3 -c 'for i in range(300): print("line %03d of a slow answer" % i)' >"$d/slow.txt"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
    -subj /CN=www.example.com -addext subjectAltName=DNS:www.example.com \
    -keyout "$TMP/tls.key" -out "$TMP/tls.crt" 2>/dev/null
  cat >"$TMP/nginx.conf" <<CONF
daemon off;
worker_processes 1;
pid $TMP/nginx.pid;
error_log $TMP/nginx.err;
events {}
http {
  access_log off;
  client_body_temp_path $TMP/body;
  proxy_temp_path $TMP/proxy;
  fastcgi_temp_path $TMP/fastcgi;
  uwsgi_temp_path $TMP/uwsgi;
  scgi_temp_path $TMP/scgi;
  types { text/html html; text/plain txt; }
  default_type application/octet-stream;
  server {
    listen 80; listen [::]:80;
    listen 443 ssl; listen [::]:443 ssl;
    ssl_certificate $TMP/tls.crt;
    ssl_certificate_key $TMP/tls.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    root $d;
    location = /slow.txt { limit_rate 2k; }
  }
}
CONF
  background "$1" nginx -c "$TMP/nginx.conf" -e "$TMP/nginx.err"
  local i
  for i in $(seq 50); do
    in_ns "$1" ss -Hltn 'sport = 80' | grep -q . && return
    sleep 0.1
  done
  die "nginx: $(cat "$TMP/nginx.err")"
}

# name_server NAME HOSTS_LINE...: dnsmasq that answers from these lines only.
name_server() {
  local n=$1
  shift
  printf '%s\n' "$@" >"$TMP/hosts"
  background "$n" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts \
    --pid-file= --user=root --addn-hosts="$TMP/hosts" --local=/example.com/ --local=/test/ --local-ttl=300
  local i
  for i in $(seq 50); do
    in_ns "$n" ss -Hlun 'sport = 53' | grep -q . && return
    sleep 0.1
  done
  die "dnsmasq does not listen"
}

# with_resolver NAME RESOLVER COMMAND...: run a command that takes its name
# server from resolv.conf. "ip netns exec" gives it a mount namespace of its
# own, so the bind mount is seen by this command only.
with_resolver() {
  local n=$1
  printf 'nameserver %s\noptions timeout:1 attempts:4\n' "$2" >"$TMP/resolv.conf"
  shift 2
  in_ns "$n" bash -c 'mount --bind "$0" "$(readlink -f /etc/resolv.conf)"; exec "$@"' "$TMP/resolv.conf" "$@"
}

# routed [ROUTER_LINK...]: the network most scripts use: client, router and
# server in a row, with IPv4 and IPv6. With arguments (those of wire.py) the
# line between client and router is a bad one.
routed() {
  namespace client router server
  router router
  if [ $# -gt 0 ]; then
    wire client eth0 router lan0 "$@"
  else
    join client eth0 router lan0
  fi
  join router wan0 server eth0
  address client eth0 192.0.2.10/24 2001:db8:1::10/64
  address router lan0 192.0.2.1/24 2001:db8:1::1/64
  address router wan0 198.51.100.1/24 2001:db8:2::1/64
  address server eth0 198.51.100.80/24 198.51.100.53/24 2001:db8:2::80/64 2001:db8:2::53/64
  route client default via 192.0.2.1
  route client default via 2001:db8:1::1
  route server default via 198.51.100.1
  route server default via 2001:db8:2::1
}

# settle: let the multicast listener reports of new interfaces pass before
# recording.
settle() { sleep 2; }

# quietly COMMAND...: run a client program whose output does not matter and
# which may well fail, as that can be the point.
quietly() { "$@" >/dev/null 2>&1 || true; }
