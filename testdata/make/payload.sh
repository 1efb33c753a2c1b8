#!/usr/bin/env bash
# What tshark says of the payloads in a few captures, for tests of
# ingest/payload: golden/payload.tsv, one line a frame, the capture's name first.
# tcp.segment_data is only a mark: x if it is there.
set -euo pipefail
cd "$(dirname "$0")/.."
fields=(frame.number frame.protocols data.len tcp.segment_data tcp.pdu.size tcp.stream udp.stream
  tcp.analysis.retransmission tcp.analysis.fast_retransmission tcp.analysis.spurious_retransmission tcp.analysis.keep_alive
  tcp.analysis.out_of_order)
for capture in any.pcap http-loss.pcapng ipv6-frag.pcap snaplen-60.pcap tcp-ends.pcap tcp-odd.pcap tcp-windows.pcap \
  tunnels.pcap web-day.pcap; do
  tshark -n -r "captures/$capture" -T fields "${fields[@]/#/-e}" |
    awk -F'\t' -v OFS='\t' -v capture="$capture" '{ if ($4 != "") $4 = "x"; print capture, $0 }'
done >golden/payload.tsv
