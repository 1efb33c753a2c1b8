#!/usr/bin/env bash
# captures/http/half-image.pcap: pictures that arrive by half, among downloads that are whole.
#
# nginx (port 36780) stands before http/serve.py, which announces a picture and
# closes after half of it; nginx passes that on. What nginx has itself is whole: a
# logo, two JSON documents over a line that loses some frames, and the page that
# says that there is no such picture. The client is curl.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start curl nginx go
WWW=$TMP/www
PHOTO=5345617217620803711.jpg

files() {
  mkdir -p "$WWW/static"
  (cd "$HERE/../.." && go build -o "$TMP/picture" ./testdata/make/picture)
  "$TMP/picture" jpeg "$WWW/$PHOTO"
  cp "$WWW/$PHOTO" "$WWW/static/logo.jpg"
  local name
  for name in metrics_state metrics_delay; do
    python3 -c 'import json, sys
json.dump({"name": sys.argv[1], "nodes": [{"node": "n%03d" % i, "up": True, "delay_us": i * 7919 % 1000} for i in range(350)]}, sys.stdout)' $name >"$WWW/static/$name"
  done
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
  types { text/html html; image/jpeg jpg; }
  default_type application/json;
  server {
    listen 36780;
    root $WWW/static;
    location /public/ { proxy_pass http://127.0.0.1:8000/close/; }
  }
}
CONF
  background server nginx -c "$TMP/nginx.conf" -e "$TMP/nginx.err"
  ip netns exec "$PREFIX-server" python3 "$HERE/http/serve.py" 8000 "$WWW" >"$TMP/serve.log" 2>&1 &
  BACKGROUND+=($!)
  wait_for "$TMP/serve.log" ready
  local i
  for i in $(seq 50); do
    in_ns server ss -Hltn 'sport = 36780' | grep -q . && return
    sleep 0.1
  done
  die "nginx: $(cat "$TMP/nginx.err")"
}

# fetch PORT PATH: from a port of the client's.
fetch() { quietly in_ns client curl -s -o /dev/null --local-port "$1" "http://198.51.100.80:36780$2"; }

files
routed --delay 5 --ports 51851-51852 --rule right:data:5:drop --rule right:data:12:drop
server
settle
mkdir -p "$OUT/http"
record client eth0 http/half-image.pcap --immediate-mode 'tcp port 36780'
fetch 63267 /public/$PHOTO
fetch 51851 /metrics_state
fetch 63268 /logo.jpg
fetch 49459 /public/$PHOTO
fetch 51852 /metrics_delay
fetch 63269 /no-such.jpg
stop_recording
