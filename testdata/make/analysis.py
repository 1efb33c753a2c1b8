#!/usr/bin/env python3
"""analysis.py: what tshark's TCP analysis says of each frame, as tables.

Writes golden/diag.tsv for captures/diag/ and golden/analysis.tsv for the other
captures that hold TCP: one line for each frame with TCP. In the column labels
stand the names of the tcp.analysis flags, in alphabetical order, separated by
commas; the other columns are the fields as tshark prints them in one pass. A
frame with several TCP layers (tunnels, ICMP errors) has several values in a
column, separated by commas, and does not say which is whose.
"""
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LABELS = [
    "ack_lost_segment", "duplicate_ack", "fast_retransmission", "keep_alive", "keep_alive_ack", "lost_segment",
    "out_of_order", "retransmission", "reused_ports", "spurious_retransmission", "window_full", "window_update",
    "zero_window", "zero_window_probe", "zero_window_probe_ack",
]
VALUES = [
    "ack_rtt", "bytes_in_flight", "push_bytes_sent", "rto", "initial_rtt", "duplicate_ack_num",
    "duplicate_ack_frame", "acks_frame", "rto_frame",
]


def rows(path):
    """The lines of one capture: frame, labels, values, completeness."""
    names = ["tcp.analysis." + n for n in LABELS + VALUES] + ["tcp.completeness"]
    command = ["tshark", "-n", "-r", path, "-Y", "tcp", "-T", "fields", "-e", "frame.number"]
    for n in names:
        command += ["-e", n]
    text = subprocess.run(command, capture_output=True, text=True).stdout
    for line in text.splitlines():
        frame, *cells = line.split("\t")
        labels = [l for l, cell in zip(LABELS, cells) if cell]
        values = cells[len(LABELS) :]
        if labels or any(values):
            yield [frame, ",".join(labels), *values]


def table(folder, target):
    with open(os.path.join(ROOT, "golden", target), "w") as out:
        print("file", "frame", "labels", *VALUES, "completeness", sep="\t", file=out)
        for name in sorted(os.listdir(folder)):
            if ".pcap" in name:
                for row in rows(os.path.join(folder, name)):
                    print(name, *row, sep="\t", file=out)


table(os.path.join(ROOT, "captures", "diag"), "diag.tsv")
table(os.path.join(ROOT, "captures"), "analysis.tsv")
