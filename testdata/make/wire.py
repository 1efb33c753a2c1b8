#!/usr/bin/env python3
"""wire.py LEFT RIGHT: a bad line in user space.

Carries Ethernet frames between two interfaces, late and with losses. It does
what a bridge with "tc qdisc ... netem" would do, but also on kernels without
netem, and which frames are lost follows from the seed: the random numbers are
drawn per frame and direction, not per moment. ARP and neighbour discovery
are never lost, as that would only add dull waiting.
"""
import argparse
import heapq
import random
import select
import socket
import time

PACKET_OUTGOING = 4
ETH_P_ALL = 3


def may_be_lost(frame):
    """Whether a frame carries traffic rather than address resolution."""
    kind = frame[12:14]
    if kind == b"\x08\x00":
        return True
    if kind == b"\x86\xdd":
        return not (frame[20] == 58 and 130 <= frame[54] <= 143) and frame[20] != 0
    return False


class Direction:
    """One direction of the line: where frames go, and what happens to them."""

    def __init__(self, to, seed, args):
        self.to = to
        self.rnd = random.Random(seed)
        self.args = args

    def fate(self, frame):
        """The delays after which to send the frame; none if it is lost."""
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
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()

    left, right = packet_socket(args.left), packet_socket(args.right)
    directions = {
        left.fileno(): (left, Direction(right, args.seed, args)),
        right.fileno(): (right, Direction(left, args.seed + 1000, args)),
    }
    poll = select.poll()
    for fd in directions:
        poll.register(fd, select.POLLIN)
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
                for delay in direction.fate(frame):
                    order += 1
                    heapq.heappush(queue, (now + delay, order, direction.to, frame))
        while queue and queue[0][0] <= time.monotonic():
            _, _, to, frame = heapq.heappop(queue)
            to.send(frame)


main()
