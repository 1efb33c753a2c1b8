#!/usr/bin/env python3
"""peer.py WHAT ARGUMENT...: small clients and servers for the capture scripts,
for what ordinary programs cannot be told to do."""
import os
import socket
import struct
import sys
import threading
import time

TEXT = b"0123456789abcdef" * 20


def family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def tcp(host, port, source_port=None):
    s = socket.socket(family(host), socket.SOCK_STREAM)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if source_port:
        s.bind(("", source_port))
    s.connect((host, port))
    return s


def reset(s):
    """Close with RST: to linger for no time at all means to abort."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def udp_echo(port):
    """Answer each datagram with its own content."""
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(("::", int(port)))
    while True:
        data, peer = s.recvfrom(65536)
        s.sendto(data, peer)


def udp_ask(host, port, size):
    """Send one datagram and wait for what comes back."""
    s = socket.socket(family(host), socket.SOCK_DGRAM)
    s.settimeout(1)
    s.connect((host, int(port)))
    s.send((b"datagram " * (int(size) // 9 + 1))[: int(size)])
    s.recv(65536)


def tcp_ask(host, port, ttl):
    """Try to connect, with a limit on how far the packets may go."""
    s = socket.socket(family(host), socket.SOCK_STREAM)
    s.settimeout(0.5)
    if family(host) == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, int(ttl))
    else:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(ttl))
    s.connect((host, int(port)))


# What the server does with a connection, by port.


def end_fin(s):
    """Echo until the client closes, then close as well."""
    while data := s.recv(4096):
        s.sendall(data)
    s.close()


def end_reset(s):
    s.recv(4096)
    s.sendall(TEXT)
    time.sleep(0.1)
    reset(s)


def end_unread(s):
    """Close with data unread, to which the kernel says RST."""
    time.sleep(0.1)
    s.close()


def end_half(s):
    """Read to the end first, then send the answer, then close."""
    while s.recv(4096):
        pass
    for _ in range(3):
        time.sleep(0.1)
        s.sendall(TEXT)
    s.close()


def end_first(s):
    """Be the one who closes first."""
    s.sendall(TEXT)
    s.shutdown(socket.SHUT_WR)
    s.recv(4096)
    s.close()


def silent(s):
    s.recv(4096)
    time.sleep(60)


def slow_reader(s):
    """Let the receive window fill up before reading."""
    time.sleep(2)
    while s.recv(65536):
        pass
    s.close()


FIN, RESET, UNREAD, HALF, FIRST, OPEN, SLOW = 5001, 5002, 5003, 5004, 5005, 5006, 5007
SERVICES = {FIN: end_fin, RESET: end_reset, UNREAD: end_unread, HALF: end_half,
            FIRST: end_first, OPEN: silent, SLOW: slow_reader}


def ends_server():
    def listen(port, service):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if port == SLOW:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        s.bind(("", port))
        s.listen()
        while True:
            c, _ = s.accept()
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=service, args=(c,), daemon=True).start()

    for port, service in SERVICES.items():
        threading.Thread(target=listen, args=(port, service), daemon=True).start()
    while True:
        time.sleep(60)


def ends_client(host):
    s = tcp(host, FIN)  # FIN from both sides
    s.sendall(TEXT)
    s.recv(4096)
    s.close()
    s = tcp(host, FIN)  # RST by the client
    s.sendall(TEXT)
    s.recv(4096)
    reset(s)
    s = tcp(host, RESET)  # RST by the server
    s.sendall(TEXT)
    try:
        while s.recv(4096):
            pass
    except ConnectionResetError:
        pass
    s.close()
    s = tcp(host, UNREAD)  # RST because data was left unread
    s.sendall(TEXT)
    time.sleep(0.3)
    s.close()
    s = tcp(host, HALF)  # half closed for a while
    s.sendall(TEXT)
    s.shutdown(socket.SHUT_WR)
    while s.recv(4096):
        pass
    s.close()
    # The same four addresses and ports twice. The server closes first, so
    # that the client is free to use its port again at once.
    for _ in range(2):
        s = tcp(host, FIRST, 40005)
        while s.recv(4096):
            pass
        s.sendall(b"bye")
        s.close()
        time.sleep(1.5)
    s = tcp(host, FIN)  # nothing but a handshake and its end
    s.close()
    s = tcp(host, OPEN)  # left open: the process goes on after the recording
    s.sendall(TEXT)
    if os.fork() == 0:
        time.sleep(5)
    os._exit(0)


def midstream(host, go):
    """Connect at once, but go on only when the recording has begun."""
    s = tcp(host, FIN)
    s.sendall(b"before the recording")
    s.recv(4096)
    while not os.path.exists(go):
        time.sleep(0.05)
    s.sendall(TEXT)
    s.recv(4096)
    s.close()


def windows_client(host):
    s = tcp(host, SLOW)  # more than the receiver takes
    s.sendall(TEXT * 120)
    s.close()
    s = tcp(host, OPEN)  # silence, with keep-alives
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    s.sendall(TEXT)
    time.sleep(3.5)
    s.close()


COMMANDS = {
    "udp-echo": udp_echo, "udp-ask": udp_ask, "tcp-ask": tcp_ask,
    "ends-server": ends_server, "ends-client": ends_client,
    "midstream": midstream, "windows-client": windows_client,
}

COMMANDS[sys.argv[1]](*sys.argv[2:])
