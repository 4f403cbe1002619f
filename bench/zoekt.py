"""zoekt's web server over an index of a tree: asked in one process that lives, as codelode is from Python."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import measure, peers
from bench.corpora import Corpus
from bench.measure import BenchError

START_S = 60
"""Time it has to load its shards."""

LIMIT = 10


@dataclass(frozen=True, slots=True)
class Reply:
    """What it said to one question."""

    milliseconds: float
    """from the request to the last byte of the reply, over a connection that stays open"""
    inside: float
    """milliseconds that zoekt itself says it searched"""
    files: int
    """files with a match, of those that it looked at"""


def indexed(corpus: Corpus, folder: Path) -> str:
    """Builds zoekt's index of `corpus` in `folder` unless it is there; returns zoekt's version."""
    zoekt = peers.Zoekt(ctags=False)
    if reason := zoekt.missing():
        raise BenchError(f"zoekt: {reason}")
    if not any(folder.glob("*.zoekt")):
        folder.mkdir(parents=True, exist_ok=True)
        zoekt.build(corpus, folder)
    return zoekt.version()


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server on the loopback interface over the index in `folder`, ready to answer; ends with the block."""
    program = peers.find("zoekt-webserver")
    if not program:
        raise BenchError("zoekt-webserver is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "-index", str(folder), "-listen", f"127.0.0.1:{port}", "-rpc", "-html=false"]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        server = Server(port)
        server.wait(process)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            measure.kill_group(process)
            process.wait()


class Server:
    """A running one."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Until it answers; raises BenchError when it ends or takes too long."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if process.poll() is not None:
                raise BenchError(f"zoekt-webserver ended with status {process.returncode}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self._post("the").get("Result", {}).get("Files"):
                    return
            self._connection.close()
            time.sleep(0.2)
        raise BenchError(f"zoekt-webserver did not answer in {START_S} s")

    def ask(self, query: str) -> Reply:
        """The best files for `query`, with the bounds on matches that its web pages set."""
        began = time.perf_counter()
        found = self._post(query)
        spent = (time.perf_counter() - began) * 1e3
        if "Error" in found:
            raise BenchError(f"zoekt: {query}: {found['Error']}")
        result = found["Result"]
        return Reply(spent, result["Duration"] / 1e6, result["FileCount"])

    def _post(self, query: str) -> dict[str, Any]:
        body = json.dumps({"Q": query, "Opts": {"MaxDocDisplayCount": LIMIT}})
        self._connection.request("POST", "/api/search", body, {"Content-Type": "application/json"})
        found: dict[str, Any] = json.loads(self._connection.getresponse().read())
        return found
