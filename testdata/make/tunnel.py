#!/usr/bin/env python3
"""tunnel.py KIND NAME LOCAL REMOTE: the end of a tunnel, in user space.

Creates the interface NAME; what is sent to it goes to REMOTE inside KIND, and
what comes back from there appears on it. It stands in for "ip link add type
vlan|gre|ipip|sit|geneve|vxlan", which not every kernel is built with. For
vlan and qinq, which have no far address, LOCAL is the Ethernet interface
below and REMOTE the VLAN number ("outer.inner" for qinq).
"""
import fcntl
import select
import socket
import struct
import sys

TUN, TAP = 1, 2  # an interface that takes packets, or frames
NO_PACKET_INFO = 0x1000
TUNSETIFF = 0x400454CA
SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4


def open_tun(name, kind):
    f = open("/dev/net/tun", "r+b", buffering=0)
    fcntl.ioctl(f, TUNSETIFF, struct.pack("16sH22x", name.encode(), kind | NO_PACKET_INFO))
    return f


class Raw:
    """Directly in IP, behind a header of its own that says what is inside."""

    def __init__(self, local, remote, protocol):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
        self.sock.bind((local, 0))
        self.remote = remote
        self.gre = protocol == socket.IPPROTO_GRE

    def send(self, packet):
        header = b""
        if self.gre:
            # A key (flag 0x2000) makes it more interesting than no options.
            inside = 0x86DD if packet[0] >> 4 == 6 else 0x0800
            header = struct.pack("!HHI", 0x2000, inside, 42)
        self.sock.sendto(header + packet, (self.remote, 0))

    def receive(self):
        packet = self.sock.recv(65536)
        packet = packet[(packet[0] & 15) * 4 :]  # raw sockets give the IP header too
        return packet[8:] if self.gre else packet


class UDP:
    """Behind UDP and a fixed header: VXLAN and Geneve."""

    def __init__(self, local, remote, port, header):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((local, port))
        self.remote, self.header = (remote, port), header

    def send(self, frame):
        self.sock.sendto(self.header + frame, self.remote)

    def receive(self):
        return self.sock.recv(65536)[len(self.header) :]


class Tags:
    """Ethernet frames with one or two VLAN tags."""

    def __init__(self, interface, numbers):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.sock.bind((interface, 3))
        ids = [int(n) for n in numbers.split(".")]
        kinds = [0x8100] if len(ids) == 1 else [0x88A8, 0x8100]
        self.tags = b"".join(struct.pack("!HH", k, i) for k, i in zip(kinds, ids))
        self.outer, self.inner = ids[0], self.tags[4:]

    def send(self, frame):
        self.sock.send(frame[:12] + self.tags + frame[12:])

    def receive(self):
        frame, aux, _, origin = self.sock.recvmsg(65536, 64)
        if origin[2] == PACKET_OUTGOING:
            return None
        # The kernel has already taken the outer tag out of the frame; it is
        # in the auxiliary data. Frames without one are not for this tunnel.
        for level, kind, data in aux:
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                status = struct.unpack_from("I", data)[0]
                tci = struct.unpack_from("H", data, 16)[0]
                if status & 0x10 and tci & 0xFFF == self.outer:
                    if frame[12 : 12 + len(self.inner)] == self.inner:
                        return frame[:12] + frame[12 + len(self.inner) :]
        return None


def main():
    kind, name, local, remote = sys.argv[1:]
    if kind in ("vlan", "qinq"):
        below, mode = Tags(local, remote), TAP
    elif kind == "vxlan":
        below, mode = UDP(local, remote, 4789, struct.pack("!II", 0x08000000, 7 << 8)), TAP
    elif kind == "geneve":
        below, mode = UDP(local, remote, 6081, struct.pack("!HHI", 0, 0x6558, 9 << 8)), TAP
    else:
        below, mode = Raw(local, remote, {"gre": 47, "ipip": 4, "sit": 41}[kind]), TUN
    tun = open_tun(name, mode)
    poll = select.poll()
    poll.register(tun, select.POLLIN)
    poll.register(below.sock, select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            try:
                if fd == tun.fileno():
                    below.send(tun.read(65536))
                elif packet := below.receive():
                    tun.write(packet)
            except OSError:
                pass  # the interface is not up yet, or not any more


main()
