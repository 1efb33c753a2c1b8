#!/usr/bin/env python3
"""columns.py: tshark's columns and texts of the layers 2 to 4 -> golden/info.tsv, golden/texts.tsv

tshark runs with the protocols of ingest/dissect alone, so that the Info and the
Protocol column of each frame are those of the innermost of them.

info.tsv   capture, frame, and the values of FIELDS: the columns, and what a
           frame's bytes do not tell.
texts.tsv  a field, and a text that the packet details show for it after its
           label: each once, for the fields with numbers or flags.
"""
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ET

HERE = os.path.dirname(os.path.abspath(__file__))
CAPTURES = os.path.join(HERE, "..", "captures")
GOLDEN = os.path.join(HERE, "..", "golden")
DISSECT = os.path.join(HERE, "..", "..", "ingest", "dissect")
FIELDS = [
    "frame.protocols", "_ws.col.Protocol", "_ws.col.Info",
    "tcp.seq", "tcp.ack", "tcp.ack_raw", "tcp.window_size",
    "icmp.resp_in", "icmpv6.resp_in", "icmp.resp_to", "icmpv6.resp_to", "ip.reassembled_in", "ipv6.reassembled.in",
    "sctp.data_tsn", "sctp.data_tsn_raw", "sctp.sack_cumulative_tsn_ack", "sctp.sack_cumulative_tsn_ack_raw",
]
COLUMNS_OF = [
    "any.pcap", "any-sll.pcap", "erspan.pcap", "gtp-u.pcap", "icmp-errors.pcap", "ip-odd.pcap", "ipv6-frag.pcap", "loop.pcap",
    "loopback.pcap", "mpls.pcap", "pppoe.pcap", "protocols.pcap", "protocols-50.pcap", "sctp.pcap", "snaplen-60.pcap", "tcp-odd.pcap", "tcp-windows.pcap",
    "teredo.pcap", "tunnels.pcap", "wifi-frames.pcap", "wifi-radiotap.pcap",
]
# Protocols above ours without which the columns of ours are not Wireshark's.
HELPERS = {"wlan_rsna_eapol", "vxlan_gpe", "ossp", "marker"}
# Protocols of ours that also come in UDP, where they are applications.
OTHERS = {"isakmp", "snmp", "ptp"}
FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def sources(pattern, prefix):
    """What a pattern finds in the Go files of the dissector."""
    found = set()
    for name in sorted(os.listdir(DISSECT)):
        if name.startswith(prefix) and name.endswith(".go") and not name.endswith("_test.go"):
            with open(os.path.join(DISSECT, name)) as file:
                found |= set(re.findall(pattern, file.read()))
    return found


def configure(directory):
    """A configuration of tshark with our protocols only."""
    ours = sources(r'\tProto\w+: +"([^"]+)"', "proto") - OTHERS | HELPERS
    listed = subprocess.run(["tshark", "-G", "protocols"], capture_output=True, text=True, check=True).stdout
    names = [line.split("\t")[2] for line in listed.splitlines()]
    with open(os.path.join(directory, "disabled_protos"), "w") as file:
        file.writelines(n + "\n" for n in names if n not in ours)


def tshark(config, capture, *args):
    return subprocess.run(
        ["tshark", "-n", "-r", os.path.join(CAPTURES, capture), *args],
        env=dict(os.environ, WIRESHARK_CONFIG_DIR=config), capture_output=True).stdout


def columns(config, out):
    arguments = ["-T", "fields", "-E", "separator=/t"]
    for field in FIELDS:
        arguments += ["-e", field]
    for capture in COLUMNS_OF:
        for number, line in enumerate(tshark(config, capture, *arguments).splitlines(), 1):
            out.write(b"\t".join([capture.encode(), str(number).encode(), line]) + b"\n")


def texts(config, out):
    wanted = sources(r'Name: "([^"]+)", Kind: Kind(?:Uint|Bool)', "field_")
    seen = set()
    for capture in sorted(os.listdir(CAPTURES)):
        if not capture.endswith(".pcap"):
            continue
        pdml = FORBIDDEN.sub(b"?", tshark(config, capture, "-T", "pdml"))
        for field in re.finditer(rb'<field name="([^"]+)" showname="[^"]*"[^>]*>', pdml):
            if field[1].decode() in wanted:
                shown = ET.fromstring(field[0].rstrip(b"/>") + b"/>").get("showname")
                label = re.sub(r"^[01. ]+ = ", "", shown).partition(": ")
                seen.add((field[1].decode(), label[2]))
    by_field = {}
    for name, text in seen:
        by_field.setdefault(name, []).append(text)
    for name in sorted(by_field):
        if len(by_field[name]) <= 80:  # the rest is no more than numbers
            for text in sorted(by_field[name]):
                out.write(f"{name}\t{text}\n".encode())


with tempfile.TemporaryDirectory() as config:
    configure(config)
    with open(os.path.join(GOLDEN, "info.tsv"), "wb") as out:
        columns(config, out)
    with open(os.path.join(GOLDEN, "texts.tsv"), "wb") as out:
        texts(config, out)
