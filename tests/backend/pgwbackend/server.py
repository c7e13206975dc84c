"""The HTTP server: HTTP/1.1 with keep-alive, a thread for each connection, loopback only."""

from __future__ import annotations

import http.server
import socket
import struct
import sys

from . import control, faults, pipeline
from .wire import Answer, Incoming


class Server(http.server.ThreadingHTTPServer):
    """Many short connections at once are normal for a test suite."""

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error worth a traceback."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    """Reads a request whole, writes the answer in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def respond(self) -> None:
        """Any method."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Incoming(self.command, self.path, headers, body)
        try:
            if self.path.startswith("/_ctl/"):
                self.write(control.handle(self.command, self.path, body))
            else:
                self.write(pipeline.handle(call))
        except faults.Broken as broken:
            self.break_off(broken)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = respond

    def write(self, answer: Answer, keep: int | None = None) -> None:
        """Sends the answer, or only the first `keep` bytes of its body under the full length."""
        status, headers, body = answer
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('', ''))[0]}"]
        lines += [f"{n}: {v}" for n, v in headers if n.lower() not in ("content-length", "connection", "transfer-encoding", "status")]
        if status != 204:  # which has neither a body nor its length: RFC 9110, 8.6
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(lines) + "\r\n\r\n"
        sent = b"" if self.command == "HEAD" or status == 204 else body[:keep]
        self.wfile.write(head.encode("latin-1") + sent)

    def break_off(self, broken: faults.Broken) -> None:
        """Ends the connection in the way that the fault says."""
        self.close_connection = True
        if broken.kind == "truncate" and broken.answer:
            self.write(broken.answer, keep=len(broken.answer[2]) // 2)
        if broken.kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self.connection.shutdown(socket.SHUT_WR)
        self.rfile.close()
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the log is at /_ctl/log."""


def make(port: int) -> Server:
    """Binds the server on 127.0.0.1."""
    return Server(("127.0.0.1", port), Handler)
