"""`python -m pgwbackend --port 0`: prints `ready URL`, ends when standard input closes or its parent dies."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time

from . import gate, server, services


def _end_with_input() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def main() -> None:
    """Starts the server."""
    parser = argparse.ArgumentParser(prog="pgwbackend", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    arguments = parser.parse_args()
    services.load()
    made = server.make(arguments.port)
    threading.Thread(target=_end_with_input, daemon=True).start()
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    threading.Thread(target=gate.warm, daemon=True).start()
    print(f"ready http://127.0.0.1:{made.server_address[1]}", flush=True)
    made.serve_forever()


if __name__ == "__main__":
    main()
