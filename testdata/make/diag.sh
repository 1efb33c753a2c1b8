#!/usr/bin/env bash
# captures/diag/: for every diagnosis of a TCP connection a capture that shows
# it, CODE.pcap, and one that nearly does, CODE-near.pcap; and clean.pcap, which
# shows nothing. captures/diag/cases.tsv says of each what has to be found in
# it, what must not be, and how it was made.
#
#   diag.sh [CODE...]     all of them, or those of some codes
#
# The cases are functions named case_CODE in diag/*.sh.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$HERE/diag/lib.sh"
for part in handshake closing losses windows timing options suspicious; do
  . "$HERE/diag/$part.sh"
done
start nft curl nginx openssl mergecap
mkdir -p "$OUT/diag"
network
line
settle
new_case
codes=("$@")
if [ $# = 0 ]; then
  mapfile -t codes < <(declare -F | sed -n 's/^declare -f case_//p')
fi
for code in "${codes[@]}"; do "case_$code"; done
