"""The embedder of OpenAI-compatible servers, against a real one on this machine."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from embedding_server import DIMS, EmbeddingServer, vector_of

from codelode.embed import server as server_module
from codelode.embed.retrying import Retries
from codelode.embed.server import ServerEmbedder
from codelode.errors import EmbedderError
from codelode.settings import Settings

QUICK = Retries(4, 5.0)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("codelode.embed.retrying.FIRST_SECONDS", 0.01)


def embedder(url, environ=None, **more):
    settings = Settings(embedder=f"openai:{url}", embedder_model="tiny", **more)
    return ServerEmbedder(url, settings, environ or {})


def unit(text):
    vector = np.array(vector_of(text))
    return vector / np.linalg.norm(vector)


def test_vectors_come_in_the_order_of_the_texts_and_have_length_1():
    with EmbeddingServer() as server:
        found = embedder(server.url).encode_texts(["a", "b", "c"])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [unit("a"), unit("b"), unit("c")], atol=1e-6)


def test_what_is_sent():
    with EmbeddingServer() as server:
        one = embedder(
            server.url,
            {"OPENAI_API_KEY": "other", "CODELODE_API_KEY": "secret"},
            embedder_dims=4,
            embedder_query_prefix="query: ",
            embedder_text_prefix="text: ",
        )
        assert one.encode_queries(["where \udce9"]).shape == (1, 4)
        one.encode_texts(["code"])
        first, second = server.requests
    assert first.path == "/v1/embeddings"
    assert first.headers["Authorization"] == "Bearer secret"
    assert first.body == {"model": "tiny", "input": ["query: where ?"], "dimensions": 4}
    assert second.body["input"] == ["text: code"]


def test_the_other_key_and_an_address_without_a_path():
    with EmbeddingServer() as server:
        one = embedder(server.url.removesuffix("/v1"), {"OPENAI_API_KEY": "other"})
        assert one.dims == DIMS
        assert server.requests[0].path == "/v1/embeddings"
        assert server.requests[0].headers["Authorization"] == "Bearer other"


def test_the_server_s_wish_is_obeyed_before_a_request_comes_again():
    def busy_once(request):
        return (429, {"Retry-After": "1"}, b"slow down") if request.number == 1 else None

    with EmbeddingServer(busy_once) as server:
        one = embedder(server.url)
        began = time.monotonic()
        assert one.encode_texts(["a"]).shape == (1, DIMS)
        assert time.monotonic() - began >= 1
        assert len(server.requests) == 2


def test_errors_of_the_server_s_own_are_tried_again_and_then_told():
    with EmbeddingServer(lambda request: (503, {}, b'{"error": {"message": "loading"}}')) as server:
        with pytest.raises(EmbedderError, match="status 503: loading"):
            embedder(server.url).encode_texts(["a"])
        assert len(server.requests) == server_module.PATIENT.tries


def test_a_query_is_given_up_soon_and_the_next_does_not_ask():
    with EmbeddingServer(lambda request: (500, {}, b"")) as server:
        one = embedder(server.url)
        for _ in range(3):
            with pytest.raises(EmbedderError, match="status 500"):
                one.encode_queries(["a"])
        assert len(server.requests) == server_module.HASTY.tries
        server.misbehave = lambda request: None
        assert one.encode_texts(["a"]).shape == (1, DIMS), "a build still asks"
        assert one.encode_queries(["a"]).shape == (1, DIMS), "and then queries do again"


def test_a_wait_too_long_for_a_query_ends_it():
    with EmbeddingServer(lambda request: (429, {"Retry-After": "60"}, b"")) as server:
        with pytest.raises(EmbedderError, match="status 429"):
            embedder(server.url).encode_queries(["a"])
        assert len(server.requests) == 1


def test_a_slow_server_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(server_module, "HASTY", Retries(1, 0))

    def slow(request):
        time.sleep(1.5)
        return 200, {}, b"{}"

    with EmbeddingServer(slow) as server, pytest.raises(EmbedderError, match="no answer in 1 s"):
        embedder(server.url, embedder_timeout_s=1).encode_queries(["a"])


def test_a_proxy_is_none_for_a_server_on_this_machine(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with EmbeddingServer() as server:
        assert embedder(server.url).dims == DIMS
    with pytest.raises(EmbedderError, match=r"example\.invalid/v1/embeddings cannot be reached: .*refused"):
        embedder("http://example.invalid").encode_queries(["a"])


def test_nobody_is_there():
    with EmbeddingServer() as server:
        url = server.url
    with pytest.raises(EmbedderError, match=f"{url}/embeddings cannot be reached: .*refused"):
        embedder(url).encode_queries(["a"])


@pytest.mark.parametrize(
    ("status", "said", "message"),
    [
        (401, "bad key", r"refuses the key \(401: bad key\); set CODELODE_API_KEY or OPENAI_API_KEY"),
        (404, "", r"no such address or no model 'tiny' \(404\)"),
        (302, "", "status 302"),
        (400, "unknown parameter", "status 400: unknown parameter"),
    ],
)
def test_what_no_patience_helps_is_told_at_once(status, said, message):
    headers = {"Location": "http://127.0.0.1:9/v1/embeddings"}
    with EmbeddingServer(lambda request: (status, headers, said.encode())) as server:
        with pytest.raises(EmbedderError, match=message):
            embedder(server.url).encode_texts(["a"])
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"no JSON",
        b"[]",
        b'{"data": [{"index": 0, "embedding": ["x"]}]}',
        b'{"data": []}',
        b'{"data": [{"index": 0, "embedding": [NaN, 1.0]}]}',
    ],
)
def test_nonsense_is_refused(answer):
    with EmbeddingServer(lambda request: (200, {}, answer)) as server, pytest.raises(EmbedderError):
        embedder(server.url).encode_texts(["a"])


def test_dimensions_may_not_change():
    with EmbeddingServer() as server:
        one = embedder(server.url)
        assert one.dims == DIMS
        server.dims = DIMS + 1
        with pytest.raises(EmbedderError, match="gave 8 dimensions before, and 9 now"):
            one.encode_texts(["a"])
        server.dims = 3
        with pytest.raises(EmbedderError, match=r"\[3\] dimensions, not of 4"):
            server.misbehave = lambda request: (200, {}, json.dumps(three).encode())
            three = {"data": [{"index": 0, "embedding": [1, 2, 3]}]}
            embedder(server.url, embedder_dims=4).encode_texts(["a"])


def test_a_batch_too_large_is_a_lack_of_memory_and_a_text_too_long_is_cut():
    def strict(request):
        if len(request.texts) > 1:
            return 422, {}, b'{"error": "batch size 2 > maximum allowed batch size 1"}'
        if len(request.texts[0]) > 600:
            return 400, {}, b'{"error": {"message": "input length exceeds the context length"}}'
        return None

    with EmbeddingServer(strict) as server:
        one = embedder(server.url)
        with pytest.raises(MemoryError):
            one.encode_texts(["a", "b"])
        np.testing.assert_allclose(one.encode_texts(["x" * 2000]), [unit("x" * 500)], atol=1e-6)


def test_requests_are_spaced():
    with EmbeddingServer() as server:
        one = embedder(server.url, embedder_rpm=600)
        began = time.monotonic()
        for _ in range(4):
            one.encode_texts(["a"])
        assert time.monotonic() - began >= 0.29


def test_the_fingerprint_names_what_the_vectors_depend_on():
    def of(url="http://localhost/v1", **more):
        return ServerEmbedder(url, Settings(**{"embedder_model": "m", **more}), {}).fingerprint

    assert of() == of("http://localhost/v1/") == of(embedder_query_prefix="q") == of("http://localhost")
    others = [
        of("http://other/v1"),
        of(embedder_model="n"),
        of(embedder_dims=3),
        of(embedder_text_prefix="t"),
    ]
    assert len({of(), *others}) == 5
