#!/usr/bin/env bash
# Makes all captures again, and what tshark says of them. Those of real
# programs differ a little each time: ports, times, sequence numbers.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
for script in web-day http-loss ipv6-frag tunnels icmp-errors any tcp-ends sctp diag http-broken half-image mcp; do
  echo "$script"
  bash "$HERE/$script.sh"
done
cd "$HERE/../.."
go run ./testdata/make/synth "${OUT:-testdata/captures}"
bash "$HERE/compress.sh"
python3 "$HERE/golden.py"
python3 "$HERE/columns.py"
bash "$HERE/payload.sh"
python3 "$HERE/analysis.py"
python3 "$HERE/follow.py"
