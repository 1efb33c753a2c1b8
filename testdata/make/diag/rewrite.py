#!/usr/bin/env python3
"""rewrite.py FILE DEED ARGUMENT: change a capture (classic pcap, Ethernet, IPv4)
in place, for what would take too long or cannot be recorded.

  stretch SECONDS   make the longest pause between two packets longer by so much
  lose N-M          leave out the Nth to Mth frame that carries TCP payload
"""
import struct
import sys


def records(data):
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    unit = 10**9 if data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 10**6
    out, at = [], 24
    while at < len(data):
        sec, part, captured, length = struct.unpack_from(order + "IIII", data, at)
        out.append([sec * unit + part, length, data[at + 16 : at + 16 + captured]])
        at += 16 + captured
    return order, unit, out


def payload(frame):
    if frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return 0
    tcp = 14 + (frame[14] & 15) * 4
    return 14 + int.from_bytes(frame[16:18], "big") - tcp - (frame[tcp + 12] >> 4) * 4


def stretch(recs, unit, seconds):
    gaps = [b[0] - a[0] for a, b in zip(recs, recs[1:])]
    for r in recs[gaps.index(max(gaps)) + 1 :]:
        r[0] += int(float(seconds) * unit)
    return recs


def lose(recs, unit, numbers):
    first, last = map(int, numbers.split("-"))
    kept, n = [], 0
    for r in recs:
        if payload(r[2]) > 0:
            n += 1
            if first <= n <= last:
                continue
        kept.append(r)
    return kept


def main():
    path, deed, argument = sys.argv[1:]
    data = open(path, "rb").read()
    order, unit, recs = records(data)
    recs = {"stretch": stretch, "lose": lose}[deed](recs, unit, argument)
    with open(path, "wb") as f:
        f.write(data[:24])
        for when, length, frame in recs:
            f.write(struct.pack(order + "IIII", when // unit, when % unit, len(frame), length) + frame)


main()
