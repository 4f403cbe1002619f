"""Embedding servers that speak OpenAI's protocol: Ollama, vLLM, TEI, llama.cpp, LM Studio, OpenAI itself."""

from __future__ import annotations

import http.client
import json
import os
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from codelode.embed.batching import BatchPolicy
from codelode.embed.embedder import EmbedderFacts
from codelode.embed.heavy import HeavyEmbedder
from codelode.embed.retrying import MOST_ASKED_SECONDS, TRANSIENT, RateLimit, Retries
from codelode.errors import EmbedderError
from codelode.settings import Settings
from codelode.sharing import once

KEYS = ("CODELODE_API_KEY", "OPENAI_API_KEY")
"""Variables that hold the key; the first one set is used."""

MOST_BYTES, MOST_TEXTS = 256 << 10, 256
"""Of one request: OpenAI takes 2,048 texts and 300,000 tokens (some 1 MB of code), others less."""

PATIENT = Retries(6, MOST_ASKED_SECONDS)
"""For a build: a server that restarts is back within the half minute that these take."""

HASTY = Retries(2, 2.0)
QUERY_SECONDS = 10
"""For a query somebody waits for: then it is answered without vectors."""

SILENT_SECONDS = 30.0
"""A server that did not answer a query is not asked by another for so long."""

LEAST_TEXT = 256
"""A text that a server finds too long is halved down to so many characters."""

_TOO_MUCH = ("too large", "too long", "too many", "context length", "maximum", "batch size", "exceed")
"""What the messages say, in lower case, when a batch or a text is too large: servers disagree about the status."""

_TOO_MUCH_STATUS = (400, 413, 422, 500)


class _TooMuchError(Exception):
    """The server takes no request of this size."""


class _TransientError(Exception):
    """What may go better next time."""

    def __init__(self, trouble: str, retry_after: str = "", *, refused: bool = False) -> None:
        """`refused`: no server listens there, which a moment's wait does not change."""
        super().__init__(trouble)
        self.retry_after, self.refused = retry_after, refused


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected request would carry the key to another host, and a POST would become a GET."""

    def redirect_request(self, *_: Any) -> None:
        return None


class ServerEmbedder(HeavyEmbedder):
    """A server's model."""

    def __init__(self, url: str, settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
        """`url`: with the path up to ``/v1``; one without a path gets that."""
        super().__init__(settings)
        base = url.rstrip("/")
        if base.count("/") == 2:
            base += "/v1"
        self._url = base if base.endswith("/embeddings") else f"{base}/embeddings"
        self._model = settings.embedder_model
        self._wanted_dims = settings.embedder_dims
        self._timeout = settings.embedder_timeout_s
        self._rate = RateLimit(settings.embedder_rpm)
        self._key = next((environ[name] for name in KEYS if environ.get(name)), "")
        # A proxy for the world outside is none for a server on this machine.
        direct = [urllib.request.ProxyHandler({})] if _is_local(self._url) else []
        self._open = urllib.request.build_opener(_NoRedirect, *direct).open
        self._silent_until, self._silence = 0.0, ""

    @once
    def fingerprint(self) -> str:
        """Names the server, the model, the dimensions and the prefix of texts."""
        parts = (self._url, self._model, str(self._wanted_dims), self._text_prefix)
        return f"openai-{xxhash.xxh3_64_hexdigest(chr(0).join(parts).encode())}"

    def facts(self) -> EmbedderFacts:
        """Asks the server for a vector."""
        return EmbedderFacts(f"{self._model} at {self._url}", "a server", "", self.dims, 0)

    def new_policy(self) -> BatchPolicy:
        """Requests grow while that pays."""
        return BatchPolicy(MOST_BYTES, MOST_TEXTS)

    def _encode(self, texts: Sequence[str], *, query: bool) -> npt.NDArray[np.float32]:
        if query and time.monotonic() < self._silent_until:
            raise EmbedderError(self._silence)
        try:
            vectors = self._vectors(texts, query)
        except _TooMuchError as exc:
            if len(texts) > 1:
                raise MemoryError(str(exc)) from exc
            if len(texts[0]) <= LEAST_TEXT:
                raise EmbedderError(f"{self._url}: {exc}") from exc
            return self._encode([texts[0][: len(texts[0]) // 2]], query=query)
        sizes = {len(vector) for vector in vectors}
        if len(sizes) != 1 or (self._wanted_dims and sizes != {self._wanted_dims}):
            wanted = f"{self._wanted_dims}" if self._wanted_dims else "one length"
            raise EmbedderError(f"{self._url}: vectors of {sorted(sizes)} dimensions, not of {wanted}")
        return np.array(vectors, np.float32)

    def _vectors(self, texts: Sequence[str], query: bool) -> list[list[float]]:
        """One vector a text, in their order."""
        body: dict[str, Any] = {"model": self._model, "input": list(texts)}
        if self._wanted_dims:
            body["dimensions"] = self._wanted_dims
        answer = self._ask(json.dumps(body).encode(), query)
        try:
            rows = sorted(json.loads(answer)["data"], key=lambda row: row["index"])
            vectors = [[float(number) for number in row["embedding"]] for row in rows]
        except (ValueError, KeyError, TypeError) as exc:
            raise EmbedderError(f"{self._url}: answers with something else than embeddings") from exc
        if len(vectors) != len(texts):
            raise EmbedderError(f"{self._url}: {len(vectors)} vectors for {len(texts)} texts")
        return vectors

    def _ask(self, body: bytes, query: bool) -> bytes:
        """The body of the answer, after as many tries as it takes; raises EmbedderError, _TooMuchError."""
        headers = {"Content-Type": "application/json", "User-Agent": "codelode"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310  settings check it
        retries = HASTY if query else PATIENT
        timeout = min(self._timeout, QUERY_SECONDS) if query else self._timeout
        failed = 0
        while True:
            self._rate.wait()
            try:
                answer = self._send(request, timeout)
            except _TransientError as exc:
                failed += 1
                delay = retries.delay(failed, exc.retry_after, random.random())  # noqa: S311  no secret
                if delay is None or (query and exc.refused):
                    self._silent_until, self._silence = time.monotonic() + SILENT_SECONDS, str(exc)
                    raise EmbedderError(str(exc)) from exc
                time.sleep(delay)
            else:
                self._silent_until = 0.0
                return answer

    def _send(self, request: urllib.request.Request, timeout: float) -> bytes:
        """The body of the answer to one request; raises EmbedderError, _TooMuchError, _TransientError."""
        try:
            with self._open(request, timeout=timeout) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as exc:
            with exc:
                said = _message(exc.read())
            if _is_too_much(exc.code, said):
                raise _TooMuchError(said or "the request is too large") from exc
            trouble = self._complaint(exc.code, said)
            if exc.code in TRANSIENT:
                raise _TransientError(trouble, exc.headers.get("Retry-After", "")) from exc
            raise EmbedderError(trouble) from exc
        except (OSError, http.client.HTTPException) as exc:
            reason = exc.reason if isinstance(exc, urllib.error.URLError) else exc
            told = f"no answer in {timeout} s" if isinstance(reason, TimeoutError) else str(reason)
            raise _TransientError(
                f"the embedding server {self._url} cannot be reached: {told}",
                refused=isinstance(reason, ConnectionRefusedError),
            ) from exc

    def _complaint(self, status: int, said: str) -> str:
        after = f": {said}" if said else ""
        if status in (401, 403):
            return f"{self._url} refuses the key ({status}{after}); set {KEYS[0]} or {KEYS[1]} in the environment"
        if status == 404:
            return f"{self._url} has no such address or no model {self._model!r} ({status}{after})"
        return f"{self._url} answers with status {status}{after}"


def _is_local(url: str) -> bool:
    return urllib.parse.urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def _is_too_much(status: int, said: str) -> bool:
    told = said.lower()
    return status == 413 or (status in _TOO_MUCH_STATUS and any(part in told for part in _TOO_MUCH))


def _message(body: bytes) -> str:
    """What a server says about an error, on one line: in OpenAI's form, or as it is."""
    text = body.decode("utf-8", "replace")
    try:
        error = json.loads(text)
        while isinstance(error, dict):
            error = error.get("error") or error.get("message") or error.get("detail") or ""
        text = error if isinstance(error, str) else text
    except ValueError:
        pass  # no JSON: shown as it is
    return " ".join(text.split())[:200]
