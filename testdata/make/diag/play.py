#!/usr/bin/env python3
"""play.py listen PORT STEPS
play.py connect HOST PORT STEPS

A TCP client or server that does what it is told, step by step, so that a case
of diag.sh can say in one line what each side does. STEPS are separated by
semicolons. The first ones may set the socket up before the connection is made:

  bind PORT, rcvbuf BYTES, mss BYTES, ttl N, nodelay, timeout SECONDS,
  keepalive SECONDS, fastopen BYTES (sent with the SYN)

Those that follow are done in their order:

  send BYTES      recv BYTES (exactly)      drain (read until the peer's FIN)
  sip BYTES SECONDS (read until FIN, so many bytes at a time, with pauses)
  sleep SECONDS   fin (no more to send)     close      reset (close with RST)
  hold (keep the connection until killed)
  repeat N STEP, STEP, ...

and those of the first kind once more. A server plays the steps with every
client that comes.
"""
import socket
import struct
import sys
import threading
import time

# Not all alike, so that a viewer shows where in the stream it is.
DATA = b"".join(b"%07d\n" % i for i in range(1 << 17))


class Player:
    def __init__(self, sock):
        self.sock = sock
        self.sent = 0
        self.opened = False  # a SYN with data has connected the socket

    def play(self, steps):
        for words in steps:
            if words[0] == "repeat":
                inner = [s.split() for s in " ".join(words[2:]).split(",")]
                for _ in range(int(words[1])):
                    self.play(inner)
            else:
                getattr(self, words[0])(*map(float, words[1:]))

    def option(self, level, name, value):
        self.sock.setsockopt(level, name, int(value))

    def bind(self, port):
        self.option(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(("", int(port)))

    def rcvbuf(self, size):
        self.option(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def mss(self, size):
        self.option(socket.IPPROTO_TCP, socket.TCP_MAXSEG, size)

    def ttl(self, hops):
        self.option(socket.IPPROTO_IP, socket.IP_TTL, hops)

    def nodelay(self):
        self.option(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def timeout(self, seconds):
        self.sock.settimeout(seconds)

    def keepalive(self, seconds):
        self.option(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.option(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, seconds)
        self.option(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, seconds)

    def fastopen(self, size):
        self.sock.sendto(DATA[: int(size)], socket.MSG_FASTOPEN, PEER)
        self.opened = True

    def send(self, size):
        at = self.sent % (len(DATA) // 2)
        self.sock.sendall(DATA[at : at + int(size)])
        self.sent += int(size)

    def recv(self, size):
        left = int(size)
        while left > 0:
            data = self.sock.recv(min(left, 65536))
            if not data:
                raise EOFError
            left -= len(data)

    def drain(self):
        while self.sock.recv(65536):
            pass

    def sip(self, size, seconds):
        while self.sock.recv(int(size)):
            time.sleep(seconds)

    def sleep(self, seconds):
        time.sleep(seconds)

    def fin(self):
        self.sock.shutdown(socket.SHUT_WR)

    def close(self):
        self.sock.close()

    def reset(self):
        # To linger for no time at all means to abort.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def hold(self):
        time.sleep(3600)


SETUP = {"bind", "rcvbuf", "mss", "ttl", "nodelay", "timeout", "keepalive", "fastopen"}
PEER = None


def parse(text):
    """The steps before the connection and those after it."""
    steps = [s.split() for s in text.split(";") if s.strip()]
    n = 0
    while n < len(steps) and steps[n][0] in SETUP:
        n += 1
    return steps[:n], steps[n:]


def perform(player, steps):
    try:
        player.play(steps)
    except (OSError, EOFError):
        pass  # being refused, reset or left alone is what many cases are about


def listen(port, text):
    before, after = parse(text)
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
    Player(s).play(before)
    s.bind(("", int(port)))
    s.listen(1024)
    print("ready", flush=True)
    while True:
        c, _ = s.accept()
        threading.Thread(target=perform, args=(Player(c), after), daemon=True).start()


def connect(host, port, text):
    global PEER
    PEER = (host, int(port))
    before, after = parse(text)
    player = Player(socket.socket())

    def all_of_it():
        player.play(before)
        if not player.opened:
            player.sock.connect(PEER)
        print("connected", flush=True)
        player.play(after)

    try:
        all_of_it()
    except (OSError, EOFError):
        pass


{"listen": listen, "connect": connect}[sys.argv[1]](*sys.argv[2:])
