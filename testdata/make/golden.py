#!/usr/bin/env python3
"""golden.py [CAPTURE...]: what tshark says of each capture, as JSON.

Writes golden/tshark/NAME.json for every capture (or for those named) that
tshark can open, so that tests can compare without having tshark:

  packets, bytes, captured_bytes   counts over the whole capture
  complete      false if tshark found the file damaged after those packets
  tcp_streams   per tcp.stream; a is the sender of the stream's first frame
  udp_streams   number of different udp.stream
  protocols     frames in which a protocol occurs, by tshark's names

A frame can have several TCP layers: through tunnels, or in the packet that an
ICMP error quotes. It then counts for each of its streams, once for each and
with its whole length, and the addresses are those of the IP layer that the
TCP layer is in. That is why this reads PDML, which keeps the layers in order,
instead of a table of fields.
"""
import collections
import functools
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
# Characters that tshark passes on from hostile captures and XML forbids.
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def shown(proto, name):
    """The value of a field directly in a layer, or below other fields of it,
    but not inside a layer that the PDML nests in it."""
    for child in proto:
        if child.tag == "field":
            if child.get("name") == name:
                return child.get("show")
            value = shown(child, name)
            if value is not None:
                return value
    return None


def layers(packet):
    """All layers of a frame, outermost first."""
    for proto in packet.iter("proto"):
        yield proto.get("name"), proto


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


class Facts:
    def __init__(self):
        self.packets = self.bytes = self.captured = 0
        self.tcp = {}
        self.udp = set()
        self.protocols = collections.Counter()

    def frame(self, packet):
        self.packets += 1
        src = dst = ""
        seen = set()
        number = length = 0
        for name, proto in layers(packet):
            if name == "frame":
                number = int(shown(proto, "frame.number"))
                length = int(shown(proto, "frame.len"))
                self.bytes += length
                self.captured += int(shown(proto, "frame.cap_len"))
                self.protocols.update(set((shown(proto, "frame.protocols") or "").split(":")) - {""})
            elif name in ("ip", "ipv6"):
                src, dst = shown(proto, name + ".src") or "", shown(proto, name + ".dst") or ""
            elif name in ("udp", "udplite"):  # they share their fields
                stream = shown(proto, "udp.stream")
                if stream is not None:
                    self.udp.add(int(stream))
            elif name == "tcp":
                stream = shown(proto, "tcp.stream")
                if stream is None or stream in seen:
                    continue
                seen.add(stream)
                self.segment(int(stream), number, length, proto, src, dst)

    def segment(self, stream, number, length, proto, src, dst):
        a = endpoint(src, shown(proto, "tcp.srcport"))
        b = endpoint(dst, shown(proto, "tcp.dstport"))
        s = self.tcp.get(stream)
        if s is None:
            s = self.tcp[stream] = {
                "stream": stream, "a": a, "b": b, "pkts_ab": 0, "pkts_ba": 0, "bytes_ab": 0, "bytes_ba": 0,
                "payload_ab": 0, "payload_ba": 0, "first_frame": number, "last_frame": number,
            }
        way = "ab" if a == s["a"] else "ba"
        s["pkts_" + way] += 1
        s["bytes_" + way] += length
        s["payload_" + way] += int(shown(proto, "tcp.len") or 0)
        s["last_frame"] = number


@functools.cache
def version():
    out = subprocess.run(["tshark", "--version"], capture_output=True, text=True).stdout
    return re.search(r"\d+\.\d+\.\d+", out).group()


def read(path):
    """The facts of a capture and whether tshark got to its end; None if it
    did not even get to begin."""
    run = subprocess.run(["tshark", "-n", "-r", path, "-T", "pdml"], capture_output=True)
    if b"<pdml" not in run.stdout:
        return None, False
    text = FORBIDDEN.sub("?", run.stdout.decode("utf-8", "replace"))
    if "</pdml>" not in text:
        text += "</pdml>"
    facts = Facts()
    for packet in ET.fromstring(text.encode("utf-8")).iter("packet"):
        facts.frame(packet)
    return facts, run.returncode == 0


def dump(path, facts, complete):
    streams = ",\n".join("    " + json.dumps(facts.tcp[k]) for k in sorted(facts.tcp))
    protocols = dict(sorted(facts.protocols.items(), key=lambda x: (-x[1], x[0])))
    head = {
        "tshark": version(), "packets": facts.packets, "bytes": facts.bytes,
        "captured_bytes": facts.captured, "complete": complete,
    }
    with open(path, "w") as f:
        f.write("{\n")
        for k, v in head.items():
            f.write(f"  {json.dumps(k)}: {json.dumps(v)},\n")
        f.write('  "tcp_streams": [' + ("\n" + streams + "\n  " if streams else "") + "],\n")
        f.write(f'  "udp_streams": {len(facts.udp)},\n  "protocols": {json.dumps(protocols)}\n}}\n')


def main():
    captures = os.path.join(ROOT, "captures")
    out = os.path.join(ROOT, "golden", "tshark")
    os.makedirs(out, exist_ok=True)
    paths = sys.argv[1:] or [p for n in sorted(os.listdir(captures)) if os.path.isfile(p := os.path.join(captures, n))]
    for path in paths:
        name = os.path.basename(path)
        target = os.path.join(out, name + ".json")
        facts, complete = read(path)
        if facts is None:
            print(f"{name}: tshark cannot read it")
            if os.path.exists(target):
                os.remove(target)
            continue
        dump(target, facts, complete)


main()
