"""A language server as a judge: started, told of a tree, and asked where things are defined and used."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from bench.measure import BenchError


class Place(NamedTuple):
    """Where something stands: a path relative to the root, line and column from 0 (columns in UTF-16 units)."""

    path: str
    line: int
    column: int


class Server:
    """A running language server for one root folder."""

    def __init__(self, command: Sequence[str], root: Path, settings: Mapping[str, Any]) -> None:
        self.root = root.resolve()
        self._settings = settings
        self._process = subprocess.Popen(
            list(command), cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._numbers = itertools.count(1)
        self._opened: set[str] = set()
        self._ended: set[Any] = set()
        folder = {"uri": self.root.as_uri(), "name": root.name}
        self._ask(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": folder["uri"],
                "workspaceFolders": [folder],
                "capabilities": {
                    "workspace": {"configuration": True, "workspaceFolders": True},
                    "window": {"workDoneProgress": True},
                },
                "initializationOptions": dict(settings),
            },
        )
        self._send({"method": "initialized", "params": {}})

    def open(self, path: str, language: str) -> None:
        """Show the server a file, as an editor does."""
        if path not in self._opened:
            self._opened.add(path)
            text = (self.root / path).read_text(encoding="utf-8", errors="replace")
            item = {"uri": self._uri(path), "languageId": language, "version": 1, "text": text}
            self._send({"method": "textDocument/didOpen", "params": {"textDocument": item}})

    def wait_for(self, token: str) -> None:
        """Wait until the server reports the end of a piece of work."""
        while token not in self._ended:
            self._take(self._receive())

    def references(self, place: Place) -> list[Place]:
        """Where the thing that is named at `place` is used, its declarations left out."""
        found = self._ask(
            "textDocument/references", {**self._position(place), "context": {"includeDeclaration": False}}
        )
        return self._places(found)

    def definitions(self, place: Place) -> list[Place]:
        """Where the thing that is named at `place` is defined; outside the root with an absolute path."""
        return self._places(self._ask("textDocument/definition", self._position(place)))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _uri(self, path: str) -> str:
        return (self.root / path).as_uri()

    def _position(self, place: Place) -> dict[str, Any]:
        return {
            "textDocument": {"uri": self._uri(place.path)},
            "position": {"line": place.line, "character": place.column},
        }

    def _places(self, found: Any) -> list[Place]:
        places = []
        for one in [found] if isinstance(found, dict) else found or []:
            path = Path(unquote(urlsplit(one.get("uri") or one["targetUri"]).path))
            start = (one.get("range") or one["targetSelectionRange"])["start"]
            inside = path.relative_to(self.root) if path.is_relative_to(self.root) else path
            places.append(Place(str(inside), start["line"], start["character"]))
        return places

    def _ask(self, method: str, params: Mapping[str, Any]) -> Any:
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" in message:
                self._take(message)
            elif message.get("id") == number:
                if "error" in message:
                    raise BenchError(f"{method}: {message['error'].get('message')}")
                return message.get("result")

    def _take(self, message: Mapping[str, Any]) -> None:
        """Answer what the server asks of an editor, and note what it reports."""
        if message.get("method") == "$/progress" and message["params"]["value"].get("kind") == "end":
            self._ended.add(message["params"]["token"])
        if "id" not in message:
            return
        result: Any = None
        if message["method"] == "workspace/configuration":
            result = [
                self._settings.get((item.get("section") or "").partition(".")[0], {})
                for item in message["params"]["items"]
            ]
        elif message["method"] == "workspace/workspaceFolders":
            result = [{"uri": self.root.as_uri(), "name": self.root.name}]
        self._send({"id": message["id"], "result": result})

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101  (asked for above)
        pipe.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        pipe.flush()

    def _receive(self) -> dict[str, Any]:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101
        size = 0
        while line := pipe.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        if not size:
            raise BenchError(f"the language server ended with status {self._process.poll()}")
        message: dict[str, Any] = json.loads(pipe.read(size))
        return message
