#!/usr/bin/env python3
"""wire.py LEFT RIGHT: a bad line in user space.

Carries Ethernet frames between two interfaces, late and with losses. It does
what a bridge with "tc qdisc ... netem" would do, but also on kernels without
netem, and which frames are lost follows from the seed: the random numbers are
drawn per frame and direction, not per moment. ARP and neighbour discovery
are never lost, as that would only add dull waiting.

--rule SIDE:KIND:NUMBERS:DEED says what happens to certain frames instead of
leaving it to chance. SIDE (left, right) is where the frame comes from, KIND one
of the names in KINDS, NUMBERS which of the frames of that kind on that side,
from 1: "3", "2,5", "4-6", "4-", "*". DEED is one of

  drop        lost
  double      sent twice
  corrupt     its last byte changed, under the old checksum
  late=MS     this frame comes so much later
  stall=MS    so does it, and what follows it waits behind it
  slower=MS   everything from this frame on comes so much later

Rules know TCP in IPv4 only, and with --ports FIRST-LAST only that of these
ports.
"""
import argparse
import heapq
import random
import select
import socket
import time

PACKET_OUTGOING = 4
ETH_P_ALL = 3
SO_RCVBUFFORCE = 33


def may_be_lost(frame):
    """Whether a frame carries traffic rather than address resolution."""
    kind = frame[12:14]
    if kind == b"\x08\x00":
        return True
    if kind == b"\x86\xdd":
        return not (frame[20] == 58 and 130 <= frame[54] <= 143) and frame[20] != 0
    return False


# What a rule can be about: a test of a frame's TCP flags, payload and length.
SYN, RST, ACK = 2, 4, 16
KINDS = {
    "tcp": lambda flags, payload, length: True,
    "syn": lambda flags, payload, length: flags & (SYN | ACK) == SYN,
    "synack": lambda flags, payload, length: flags & (SYN | ACK) == SYN | ACK,
    "rest": lambda flags, payload, length: not flags & SYN,
    "data": lambda flags, payload, length: payload > 0 and not flags & (SYN | RST),
    "big": lambda flags, payload, length: length > 1400,
}


def segment(frame, ports):
    """Flags, payload bytes and length of a frame with TCP in IPv4 from or to
    one of the ports; None for other frames."""
    if frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return None
    tcp = 14 + (frame[14] & 15) * 4
    if not {int.from_bytes(frame[tcp : tcp + 2], "big"), int.from_bytes(frame[tcp + 2 : tcp + 4], "big")} & ports:
        return None
    end = 14 + int.from_bytes(frame[16:18], "big")
    return frame[tcp + 13], end - tcp - (frame[tcp + 12] >> 4) * 4, len(frame)


class Rule:
    def __init__(self, text):
        self.side, self.kind, numbers, deed = text.split(":")
        self.deed, _, ms = deed.partition("=")
        self.seconds = float(ms or 0) / 1000
        self.ranges = []
        for part in numbers.replace("*", "1-").split(","):
            first, dash, last = part.partition("-")
            self.ranges.append((int(first), int(last) if last else 1 << 62 if dash else int(first)))
        self.seen = 0

    def applies(self, facts):
        if not KINDS[self.kind](*facts):
            return False
        self.seen += 1
        return any(first <= self.seen <= last for first, last in self.ranges)


class Direction:
    """One direction of the line: where frames go, and what happens to them."""

    def __init__(self, side, to, seed, args):
        self.to = to
        self.rnd = random.Random(seed)
        self.args = args
        self.rules = [r for r in map(Rule, args.rule) if r.side == side]
        first, last = map(int, args.ports.split("-"))
        self.ports = set(range(first, last + 1))
        self.slower = 0  # seconds that every frame now takes longer
        self.not_before = 0  # the moment until which the line stands still

    def ruled(self, frame, now):
        """The frames to send in place of this one, and their delays."""
        facts, delay, copies = segment(frame, self.ports), self.args.delay / 1000, 1
        for rule in self.rules if facts else []:
            if not rule.applies(facts):
                continue
            if rule.deed == "drop":
                copies = 0
            elif rule.deed == "double":
                copies = 2
            elif rule.deed == "corrupt":
                frame = frame[:-1] + bytes([frame[-1] ^ 0x55])
            elif rule.deed == "late":
                delay += rule.seconds
            elif rule.deed == "stall":
                self.not_before = now + delay + rule.seconds
            elif rule.deed == "slower":
                self.slower += rule.seconds
        delay = max(delay + self.slower, self.not_before - now)
        return [(delay, frame)] * copies

    def fate(self, frame, now):
        """The delays after which to send the frame, and the frame as it will
        arrive; none if it is lost."""
        if self.rules:
            return self.ruled(frame, now)
        return [(delay, frame) for delay in self.chance(frame)]

    def chance(self, frame):
        a = self.args
        delay = a.delay / 1000
        if not may_be_lost(frame):
            return [delay]
        lost, early, twice = self.rnd.random(), self.rnd.random(), self.rnd.random()
        if lost < a.loss / 100:
            return []
        if early < a.reorder / 100:
            delay /= 2
        return [delay] * (2 if twice < a.duplicate / 100 else 1)


def packet_socket(name):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    # Room for a whole window of a fast sender: only what is to be lost is lost.
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    s.bind((name, ETH_P_ALL))
    s.setblocking(False)
    return s


def main():
    p = argparse.ArgumentParser()
    p.add_argument("left")
    p.add_argument("right")
    p.add_argument("--delay", type=float, default=0, help="milliseconds, each way")
    p.add_argument("--loss", type=float, default=0, help="percent")
    p.add_argument("--reorder", type=float, default=0, help="percent sent after half the delay")
    p.add_argument("--duplicate", type=float, default=0, help="percent sent twice")
    p.add_argument("--rule", action="append", default=[], help="instead of chance; see above")
    p.add_argument("--ports", default="0-65535", help="what the rules are for")
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()

    left, right = packet_socket(args.left), packet_socket(args.right)
    directions = {
        left.fileno(): (left, Direction("left", right, args.seed, args)),
        right.fileno(): (right, Direction("right", left, args.seed + 1000, args)),
    }
    poll = select.poll()
    for fd in directions:
        poll.register(fd, select.POLLIN)
    print("ready", flush=True)
    queue, order = [], 0  # (when due, order of arrival, socket, frame)
    while True:
        wait = None
        if queue:
            wait = max(0, queue[0][0] - time.monotonic()) * 1000
        for fd, _ in poll.poll(wait):
            sock, direction = directions[fd]
            while True:
                try:
                    frame, origin = sock.recvfrom(65536)
                except BlockingIOError:
                    break
                if origin[2] == PACKET_OUTGOING:
                    continue  # what this program itself sent
                now = time.monotonic()
                for delay, sent in direction.fate(frame, now):
                    order += 1
                    heapq.heappush(queue, (now + delay, order, direction.to, sent))
        while queue and queue[0][0] <= time.monotonic():
            _, _, to, frame = heapq.heappop(queue)
            to.send(frame)


main()
