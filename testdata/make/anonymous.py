#!/usr/bin/env python3
"""anonymous.py IN OUT: copy a pcapng file without saying where it was made.

Drops the options for hardware, operating system and application from the
section headers and those for the operating system from the interface
descriptions; everything else stays byte for byte.
"""
import struct
import sys

SHB, IDB = 0x0A0D0D0A, 1
# Where the options of a block begin, and which ones to drop.
DROP = {SHB: (24, {2, 3, 4}), IDB: (16, {12})}


def main():
    data = open(sys.argv[1], "rb").read()
    out, at, order = bytearray(), 0, "<"
    while at < len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
        kind, size = struct.unpack_from(order + "II", data, at)
        block = data[at : at + size]
        at += size
        if kind in DROP:
            start, drop = DROP[kind]
            body, o = bytearray(block[8:start]), start
            while o < size - 4:
                code, length = struct.unpack_from(order + "HH", block, o)
                step = 4 + (length + 3) // 4 * 4
                if code not in drop:
                    body += block[o : o + step]
                o += step
            total = struct.pack(order + "I", len(body) + 12)
            block = block[:4] + total + body + total
        out += block
    open(sys.argv[2], "wb").write(out)


main()
