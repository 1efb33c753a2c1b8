#!/usr/bin/env python3
"""follow.py: what tshark's follow gives of the TCP streams in some captures -> golden/follow.tsv

One line a stream with payload: capture, stream, sender of the first packet (node
0), then for each node the number of bytes and their SHA-256. None of these
streams has a gap.
"""
import hashlib
import os
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
CAPTURES = [
    "any.pcap", "backwards.pcap", "http-loss.pcapng", "icmp-errors.pcap", "ipv6-frag.pcap", "loop.pcap", "sections.pcapng", "tcp-ends.pcap",
    "tcp-odd.pcap", "tcp-windows.pcap", "tunnels.pcap", "web-day.pcap", "wifi-frames.pcap",
]


def tshark(*args):
    return subprocess.run(["tshark", "-n", "-r", *args], capture_output=True, check=True, text=True).stdout


def streams(path):
    return sorted({int(n) for n in tshark(path, "-T", "fields", "-e", "tcp.stream").replace(",", "\n").split()})


def follow(path, stream):
    node, data = "", [b"", b""]
    for line in tshark(path, "-q", "-z", f"follow,tcp,raw,{stream}").splitlines():
        if line.startswith("Node 0: "):
            node = line[8:]
        elif re.fullmatch(r"\t?[0-9a-f]+", line):
            data[line.startswith("\t")] += bytes.fromhex(line.strip())
    assert b"bytes missing in capture file" not in b"".join(data), path
    return node, data


def main():
    with open(os.path.join(HERE, "..", "golden", "follow.tsv"), "w") as out:
        for name in CAPTURES:
            path = os.path.join(HERE, "..", "captures", name)
            for stream in streams(path):
                node, data = follow(path, stream)
                if not any(data):
                    continue
                row = [name, str(stream), node]
                for part in data:
                    row += [str(len(part)), hashlib.sha256(part).hexdigest()]
                print("\t".join(row), file=out)


main()
