#!/usr/bin/env bash
# captures/http/: downloads that came whole and downloads that did not, each for
# a reason of its own; and curl.tsv, which says what curl made of each: its exit
# status, the status of the answer, and length and SHA-256 of what it wrote.
#
#   http-broken.sh [NAME...]     all of them, or some; curl.tsv only of all
#
# The server is nginx (port 80), or http/serve.py (port 8000) where an answer has
# to be broken off. Each download has a client's port of its own, so that nothing of
# the one before gets into its capture.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start curl nginx go
WWW=$TMP/www
PORT=40000
LOSSY=40100 # the client's port that the line is bad for
mkdir -p "$OUT/http" "$WWW"
LIST=$TMP/curl.tsv
printf 'file\texit\tstatus\tbytes\tsha256\n' >"$LIST"

files() {
  (cd "$HERE/../.." && go build -o "$TMP/picture" ./testdata/make/picture)
  "$TMP/picture" jpeg "$WWW/photo.jpg"
  "$TMP/picture" png "$WWW/photo.png"
  # As an upload that was cut leaves them.
  head -c 17000 "$WWW/photo.jpg" >"$WWW/half.jpg"
  head -c 17000 "$WWW/photo.png" >"$WWW/half.png"
  python3 -c 'for i in range(700): print("%04d %08x a line of a long list" % (i, i * 2654435761 % 2**32))' >"$WWW/list.txt"
  local page='<!doctype html><html><head><title>404 Not Found</title></head><body><h1>Not Found</h1><p>The picture that you asked for is not on this server.</p>'
  printf '%s%*s</body></html>\n' "$page" $((196 - ${#page} - 15)) '' >"$WWW/missing.html"
}

server() {
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
  types { text/html html; text/plain txt; image/jpeg jpg; image/png png; }
  gzip on;
  gzip_types text/plain;
  error_page 404 /missing.html;
  server {
    listen 80;
    root $WWW;
    location /slow/ { alias $WWW/; limit_rate 10k; }
  }
}
CONF
  background server nginx -c "$TMP/nginx.conf" -e "$TMP/nginx.err"
  ip netns exec "$PREFIX-server" python3 "$HERE/http/serve.py" 8000 "$WWW" >"$TMP/serve.log" 2>&1 &
  BACKGROUND+=($!)
  wait_for "$TMP/serve.log" ready
  local i
  for i in $(seq 50); do
    in_ns server ss -Hltn 'sport = 80' | grep -q . && return
    sleep 0.1
  done
  die "nginx: $(cat "$TMP/nginx.err")"
}

# begin NAME [TCPDUMP_ARGUMENT...]: record what a port of the client's does into
# NAME.pcap.
begin() {
  NAME=$1
  shift
  PORT=$((PORT + 1))
  echo "  $NAME"
  record client eth0 "http/$NAME.pcap" --immediate-mode "$@" "tcp port $PORT"
}

# fetch PATH [CURL_ARGUMENT...]: from the recorded port. What curl wrote is noted. In
# front of serve.py's paths stands its port.
fetch() {
  local path=$1 exit=0 status
  shift
  : >"$TMP/got"
  status=$(in_ns client curl -s -o "$TMP/got" -w '%{http_code}' --local-port $PORT "$@" "http://198.51.100.80$path") || exit=$?
  printf '%s.pcap\t%s\t%s\t%s\t%s\n' "$NAME" $exit "$status" "$(stat -c %s "$TMP/got")" "$(sha256sum <"$TMP/got" | cut -d' ' -f1)" >>"$LIST"
}

# end: stop recording when the last packets have arrived. tcpdump may have ended by
# itself.
end() {
  sleep 0.6
  local p
  for p in "${RECORDERS[@]}"; do kill "$p" 2>/dev/null || true; done
  for p in "${RECORDERS[@]}"; do wait "$p" || true; done
  RECORDERS=()
}

# download NAME PATH [CURL_ARGUMENT...]
download() {
  local name=$1
  shift
  begin "$name"
  fetch "$@"
  end
}

# lose N-M: take the Nth to Mth frame with payload out of the capture just made.
lose() { python3 "$HERE/diag/rewrite.py" "$OUT/http/$NAME.pcap" lose "$1"; }

case_jpeg() { download jpeg /photo.jpg; }
case_png() { download png /photo.png; }
case_jpeg_at_source() { download jpeg_at_source /half.jpg; }
case_png_at_source() { download png_at_source /half.png; }
case_error_page() { download error_page /no-such.jpg; }
case_chunked_gzip() { download chunked_gzip /list.txt --compressed; }
case_range() { download range /photo.jpg -r 5000-14999; }
case_head() { download head /photo.jpg -I; }
case_not_modified() { download not_modified /photo.jpg -z "$WWW/photo.jpg"; }
case_until_close() { download until_close :8000/until-close/photo.jpg; }

case_server_close() { download server_close :8000/close/photo.jpg; }
case_server_reset() { download server_reset :8000/reset/photo.jpg; }
case_until_reset() { download until_reset :8000/until-reset/photo.jpg; }
case_chunked_cut() { download chunked_cut :8000/chunks-cut/photo.jpg; }
case_chunked_endless() { download chunked_endless :8000/chunks-endless/list.txt; }
case_gzip_cut() { download gzip_cut :8000/gzip-cut/list.txt --compressed; }

# The client closes while the server still has data to send, which closes in turn.
case_client_abort() { download client_abort /slow/photo.jpg -m 0.7; }

# The server sends half and waits: nothing comes in answer to the client's FIN.
case_client_close() { download client_close :8000/wait/photo.jpg -m 1; }

case_capture_loss() {
  download capture_loss /photo.jpg
  lose 8-9
}

case_capture_loss_end() {
  download capture_loss_end /photo.jpg
  lose 16-99
}

# Of 96 bytes of each packet the header of the answer has few, of 400 all.
case_snaplen() {
  begin snaplen -s 96
  fetch /photo.jpg
  end
}

case_snaplen_body() {
  begin snaplen_body -s 400
  fetch /photo.jpg
  end
}

case_capture_ended() {
  begin capture_ended -c 24
  fetch /photo.jpg
  end
}

# The line loses the sixth frame with data, and those from the twelfth on, so that
# what is missing is never made good.
case_network_loss() {
  PORT=$((LOSSY - 1))
  download network_loss /photo.jpg -m 2
}

files
routed --delay 5 --ports $LOSSY-$LOSSY --rule right:data:6:drop --rule right:data:12-:drop
server
settle
cases=("$@")
if [ $# = 0 ]; then
  mapfile -t cases < <(declare -F | sed -n 's/^declare -f case_//p')
fi
for c in "${cases[@]}"; do "case_$c"; done
[ $# != 0 ] || cp "$LIST" "$OUT/http/curl.tsv"
