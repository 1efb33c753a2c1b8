#!/usr/bin/env python3
"""raw.py WHAT ARGUMENT...: segments that no socket can be told to send."""
import random
import socket
import struct
import sys
import time

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
WORD = 0xFFFFFFFF


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def packet(src, dst, flags, seq, ack=0, ttl=64, window=64240):
    """An IPv4 packet with a TCP header; src and dst are (address, port)."""
    a, b = socket.inet_aton(src[0]), socket.inet_aton(dst[0])
    options = struct.pack("!BBH", 2, 4, 1460) if flags & SYN else b""
    words = 5 + len(options) // 4
    head = struct.pack("!HHIIBBHHH", src[1], dst[1], seq & WORD, ack & WORD, words << 4, flags, window, 0, 0) + options
    pseudo = a + b + struct.pack("!BBH", 0, 6, len(head))
    head = head[:16] + struct.pack("!H", checksum(pseudo + head)) + head[18:]
    # The kernel fills in length, identification and checksum of the IP header.
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, ttl, 6, 0, a, b) + head


class Sender:
    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(self, src, dst, *args, **kw):
        self.sock.sendto(packet(src, dst, *args, **kw), (dst[0], 0))


class Segment:
    """What a raw socket or a packet socket received, from the IP header on."""

    def __init__(self, data):
        tcp = (data[0] & 15) * 4
        self.src = (socket.inet_ntoa(data[12:16]), *struct.unpack_from("!H", data, tcp))
        self.dst = (socket.inet_ntoa(data[16:20]), *struct.unpack_from("!H", data, tcp + 2))
        self.seq, self.ack = struct.unpack_from("!II", data, tcp + 4)
        self.flags = data[tcp + 13]
        self.len = struct.unpack_from("!H", data, 2)[0] - tcp - (data[tcp + 12] >> 4) * 4


def probe(source, host, first, last, *kinds):
    """One segment to each port, of each kind: syn, null, fin, xmas. The own
    kernel answers a SYN+ACK with RST, as it knows of no connection."""
    flags = {"syn": SYN, "null": 0, "fin": FIN, "xmas": FIN | PSH | URG}
    sender, rnd = Sender(), random.Random(25)
    for kind in kinds:
        for port in range(int(first), int(last) + 1):
            sender.send((source, rnd.randrange(33000, 60000)), (host, port), flags[kind], rnd.getrandbits(32), window=1024)
            time.sleep(0.01)


def flood(network, host, port, count, seconds):
    """SYNs from as many addresses as there are, at an even pace."""
    sender, rnd = Sender(), random.Random(26)
    for i in range(int(count)):
        sender.send((f"{network}.{1 + i}", rnd.randrange(1024, 60000)), (host, int(port)), SYN, rnd.getrandbits(32))
        time.sleep(float(seconds) / int(count))


def old_syn(source, source_port, host, port, seq):
    """A SYN from a port that has just been used, with a number of one's choice."""
    Sender().send((source, int(source_port)), (host, int(port)), SYN, int(seq))


def answer_syn(port, error):
    """Answer every SYN to the port with a SYN+ACK whose acknowledgement is
    wrong by so much; nothing else is answered. The kernel must be kept from
    refusing the connection."""
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    sender = Sender()
    print("ready", flush=True)
    while True:
        seg = Segment(s.recv(65536))
        if seg.dst[1] == int(port) and seg.flags & (SYN | ACK) == SYN:
            sender.send(seg.dst, seg.src, SYN | ACK, 0x20000000, seg.seq + 1 + int(error))


def inject_rst(interface, port):
    """On a router: after the third segment with data from the port, send its
    receiver a RST in the server's name, with a hop limit and a number that
    are not the server's."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    s.bind((interface, 0x0800))
    print("ready", flush=True)
    left = 3
    while left:
        data, origin = s.recvfrom(65536)
        if data[9] != 6 or origin[2] == socket.PACKET_OUTGOING:
            continue
        seg = Segment(data)
        if seg.src[1] == int(port) and seg.len > 0:
            left -= 1
    Sender().send(seg.src, seg.dst, RST | ACK, seg.seq + 3000000, seg.ack, ttl=200)


COMMANDS = {"probe": probe, "flood": flood, "old-syn": old_syn, "answer-syn": answer_syn, "inject-rst": inject_rst}

COMMANDS[sys.argv[1]](*sys.argv[2:])
