#!/usr/bin/env bash
# The compressed captures: any.pcap.gz in one piece, members.pcap.gz in two
# gzip members (as when compressed files are joined), cut.pcap.gz whose second
# half is missing, and sections.pcapng.zst. Run it after the others.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
cd "${OUT:-$(dirname "$HERE")/captures}"
gzip -nc9 any.pcap >any.pcap.gz
{ head -c 1000 tunnels.pcap | gzip -nc9; tail -c +1001 tunnels.pcap | gzip -nc9; } >members.pcap.gz
gzip -nc9 tcp-ends.pcap >cut.pcap.gz
truncate -s $(($(stat -c %s cut.pcap.gz) / 2)) cut.pcap.gz
zstd -qf19 sections.pcapng -o sections.pcapng.zst
