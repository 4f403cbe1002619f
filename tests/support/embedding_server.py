"""A real HTTP server that speaks OpenAI's protocol for embeddings, and misbehaves as it is told."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import xxhash

DIMS = 8


def vector_of(text: str, dims: int = DIMS) -> list[float]:
    """What the server gives for `text`: the same for the same text, in no direction in particular."""
    return [xxhash.xxh3_64_intdigest(text.encode(), seed) / 2**63 - 1 for seed in range(dims)]


Misbehave = Callable[["Request"], tuple[int, dict[str, str], bytes] | None]


class Request:
    """What a client asked."""

    def __init__(self, number: int, path: str, headers: dict[str, str], body: dict[str, Any]) -> None:
        self.number, self.path, self.headers, self.body = number, path, headers, body
        self.texts: list[str] = body["input"]


class EmbeddingServer:
    """``with EmbeddingServer() as server``: answers at `url` until the block ends, and remembers the `requests`."""

    def __init__(self, misbehave: Misbehave = lambda request: None, dims: int = DIMS) -> None:
        """`misbehave` gives (status, headers, body) in place of the right answer, or None."""
        self.misbehave, self.dims = misbehave, dims
        self.requests: list[Request] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = Request(len(owner.requests) + 1, self.path, dict(self.headers), body)
                owner.requests.append(request)
                status, headers, answer = owner.misbehave(request) or (200, {}, owner.right_answer(request))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                with contextlib.suppress(ConnectionError):  # who asked was killed, or had no patience
                    self.end_headers()
                    self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Tests want no lines of it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def right_answer(self, request: Request) -> bytes:
        rows = [
            {"index": at, "embedding": vector_of(text, request.body.get("dimensions", self.dims))}
            for at, text in enumerate(request.texts)
        ]
        return json.dumps({"data": rows[::-1], "model": request.body["model"]}).encode()

    @property
    def texts(self) -> list[str]:
        """All texts that were asked for."""
        return [text for request in self.requests for text in request.texts]

    def __enter__(self) -> EmbeddingServer:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
