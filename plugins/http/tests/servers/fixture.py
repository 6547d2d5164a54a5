# SPDX-License-Identifier: Apache-2.0
"""The ground of strict servers for tests: loopback, a port of the system's choice, an end of its own.

A server prints its port and serves until its parent is gone or 120 s are over. `--plan` is a JSON
list of what to do instead of serving rightly, one step a request: an object with status, headers and
body is that answer; an object with "within" goes to the server itself; a text is one of the
misbehaviours below; null, and what comes after the list, is served rightly.
GET /_fixture tells what was received.
"""
import argparse
import json
import os
import socket
import ssl
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIFE = 120
MOST = 64 << 20


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def setup(self):
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def log_message(self, *_):
        pass

    def answer(self, status, body="", headers=None, kind="application/json"):
        if not isinstance(body, str):
            body = json.dumps(body)
        data = body.encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if data:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def too_long(self):
        most = self.server.arguments.max_bytes
        return most and int(self.headers.get("Content-Length") or 0) > most

    def handle_expect_100(self):
        if not self.too_long():
            return super().handle_expect_100()
        self.server.note(self, 0)
        self.close_connection = True
        self.answer(413)
        return False

    def any(self):
        size = int(self.headers.get("Content-Length") or 0)
        if size > MOST or "chunked" in self.headers.get("Transfer-Encoding", ""):
            self.close_connection = True
            return self.answer(411)
        body = self.rfile.read(size)
        if self.path == "/_fixture":
            with self.server.lock:
                return self.answer(200, self.server.state())
        self.server.note(self, size)
        step = self.server.step()
        if isinstance(step, str):
            self.close_connection = True
            return getattr(self, "do_" + step)()
        if isinstance(step, dict) and "status" in step:
            return self.answer(step["status"], step.get("body", ""), step.get("headers"))
        if self.too_long():
            self.close_connection = True
            return self.answer(413)
        with self.server.lock:
            self.serve(body, step or {})

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = any

    def serve(self, body, step):
        self.answer(200, {"path": self.path, "size": len(body), "headers": dict(self.headers)})

    # Misbehaviours. The connection is closed after each.
    def do_close(self):
        pass

    def do_reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def do_hang(self):
        time.sleep(LIFE)

    def do_trickle(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        for _ in range(20 * LIFE):
            self.wfile.write(b"x")
            time.sleep(0.05)

    def do_truncate(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"errors\": fal")

    def do_garbage(self):
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2p1\r\n" + bytes(range(256)))

    def do_page(self):
        self.answer(200, "<html>\n<b>please log in</b></html>", kind="text/html")

    def do_flood(self, head=b"HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n", chunk=b"x" * 65536):
        self.wfile.write(head)
        try:
            while True:
                self.wfile.write(chunk)
        except OSError:
            self.server.flood_ended = True

    def do_header_flood(self):
        self.do_flood(b"HTTP/1.1 200 OK\r\n", b"X-Filler: " + b"x" * 1000 + b"\r\n")

    def do_echo(self):
        """Tells whatever it was told, as a debugging proxy would."""
        self.answer(403, "you said\r\n" + "".join(f"{k}={v}\r\n" for k, v in self.headers.items()))


class Server(ThreadingHTTPServer):
    daemon_threads = True
    handler = Handler

    def __init__(self, arguments):
        super().__init__(("127.0.0.1", 0), self.handler)
        self.arguments = arguments
        self.plan = json.loads(arguments.plan)
        self.lock = threading.Lock()
        self.requests = []
        self.connections = 0
        self.flood_ended = False
        if arguments.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(arguments.tls)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request, client_address):
        pass  # clients that break off are what is tested

    def step(self):
        with self.lock:
            return self.plan.pop(0) if self.plan else None

    def note(self, handler, size):
        with self.lock:
            self.requests.append(
                {"method": handler.command, "path": handler.path, "size": size, "time": time.monotonic(),
                 "headers": dict(handler.headers)})

    def state(self):
        return {"requests": self.requests, "connections": self.connections, "flood_ended": self.flood_ended}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--plan", default="[]")
    parser.add_argument("--tls", help="PEM file of certificate and key")
    parser.add_argument("--max-bytes", type=int, default=0, help="a longer request is answered 413")
    return parser


def run(server):
    parent = os.getppid()

    def watch():
        end = time.monotonic() + LIFE
        while time.monotonic() < end and os.getppid() == parent:
            time.sleep(0.2)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    run(Server(arguments().parse_args()))
