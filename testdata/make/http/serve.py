#!/usr/bin/env python3
"""serve.py PORT DIRECTORY: an HTTP server that breaks its answers off.

The first part of the path says how, the rest names the file:

  /close/F          announces the length of F, sends half of it, and closes
  /reset/F          the same, and resets
  /wait/F           the same, and keeps the connection open without a word
  /chunks-cut/F     sends F in chunks of 4000 bytes, closes in the middle of the fifth
  /chunks-endless/F sends F in chunks, but closes without the chunk of size 0
  /gzip-cut/F       compresses F, announces the length of that, sends half, closes
  /until-close/F    sends F without a length, as HTTP/1.0, and closes
  /until-reset/F    the same, but half of it, and resets
"""
import gzip
import os
import socket
import struct
import sys
import threading
import time

TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".txt": "text/plain"}
# Long enough for what was sent to be acknowledged before the connection ends.
PAUSE = 0.2


def reset(s):
    """Close with RST: to linger for no time at all means to abort."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def header(version, kind, *lines):
    return "\r\n".join([f"HTTP/{version} 200 OK", f"Content-Type: {kind}", *lines, "", ""]).encode()


def chunks(body, size=4000):
    return [f"{len(c):x}\r\n".encode() + c + b"\r\n" for c in (body[i : i + size] for i in range(0, len(body), size))]


def answer(s, deed, name, body):
    kind = TYPES[os.path.splitext(name)[1]]
    half = len(body) // 2
    if deed in ("close", "reset", "wait"):
        s.sendall(header("1.1", kind, f"Content-Length: {len(body)}") + body[:half])
    elif deed == "chunks-cut":
        parts = chunks(body)
        s.sendall(header("1.1", kind, "Transfer-Encoding: chunked") + b"".join(parts[:4]) + parts[4][:2000])
    elif deed == "chunks-endless":
        s.sendall(header("1.1", kind, "Transfer-Encoding: chunked") + b"".join(chunks(body)))
    elif deed == "gzip-cut":
        packed = gzip.compress(body, mtime=0)
        s.sendall(header("1.1", kind, "Content-Encoding: gzip", f"Content-Length: {len(packed)}") + packed[: len(packed) // 2])
    elif deed == "until-close":
        s.sendall(header("1.0", kind) + body)
    elif deed == "until-reset":
        s.sendall(header("1.0", kind) + body[:half])
    time.sleep(PAUSE)
    if deed == "wait":
        time.sleep(60)
    if deed.endswith("reset"):
        reset(s)
    else:
        s.close()


def serve(s, directory):
    asked = b""
    while b"\r\n\r\n" not in asked:
        more = s.recv(65536)
        if not more:
            return
        asked += more
    _, deed, name = asked.split()[1].decode().split("/")
    with open(os.path.join(directory, name), "rb") as f:
        answer(s, deed, name, f.read())


def main():
    port, directory = int(sys.argv[1]), sys.argv[2]
    listener = socket.create_server(("", port))
    print("ready", flush=True)
    while True:
        s, _ = listener.accept()
        threading.Thread(target=serve, args=(s, directory), daemon=True).start()


main()
