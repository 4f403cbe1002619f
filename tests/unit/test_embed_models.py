"""Embedders that run here: ONNX Runtime and Model2Vec, with real, tiny models."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from tiny_models import DIMS, WORDS, table, write_model2vec, write_onnx, write_safetensors, write_tokenizer

from codelode.embed.choose import choose
from codelode.embed.modelfiles import fingerprint_of, hub_cache, model_folder, read_tensors
from codelode.errors import EmbedderError, SettingsError
from codelode.settings import Settings


def embedder(kind, folder, **more):
    found = choose(Settings(embedder=f"{kind}:{folder}", **more))
    assert found is not None
    return found


def mean(*words, rows=None):
    rows = table() if rows is None else rows
    vector = np.mean([rows[WORDS.index(word)] for word in words], axis=0)
    return vector / np.linalg.norm(vector)


class TestModel2Vec:
    def test_a_text_is_the_mean_of_its_known_tokens(self, tmp_path):
        one = embedder("model2vec", write_model2vec(tmp_path / "m"))
        found = one.encode_texts(["Retry delay, retry", "strange words", "", "config"])
        assert found.dtype == np.float32
        assert found.shape == (4, DIMS)
        np.testing.assert_allclose(found[0], mean("retry", "delay", "retry"), atol=1e-6)
        assert not found[1:3].any()
        np.testing.assert_allclose(found[3], mean("config"), atol=1e-6)
        assert one.dims == DIMS
        assert not one.inline

    def test_only_the_first_tokens_count(self, tmp_path):
        one = embedder("model2vec", write_model2vec(tmp_path / "m", max_length=2))
        np.testing.assert_allclose(one.encode_texts(["file def server"])[0], mean("file", "def"), atol=1e-6)

    def test_a_quantised_vocabulary(self, tmp_path):
        folder = write_model2vec(tmp_path / "m")
        rows, weights = table(4), np.linspace(0.5, 2, len(WORDS), dtype=np.float32)
        mapping = np.arange(len(WORDS)) % 4
        write_safetensors(
            folder / "model.safetensors",
            {"embeddings": rows.astype(np.float16), "mapping": mapping, "weights": weights},
        )
        expected = rows.astype(np.float16).astype(np.float32)[mapping] * weights[:, None]
        found = embedder("model2vec", folder).encode_queries(["parse file"])
        np.testing.assert_allclose(found[0], mean("parse", "file", rows=expected), atol=1e-6)

    def test_facts(self, tmp_path):
        folder = write_model2vec(tmp_path / "m")
        facts = embedder("model2vec", folder).facts()
        assert (facts.model, facts.device, facts.dims) == (str(folder), "cpu", DIMS)
        assert facts.model_bytes == (folder / "model.safetensors").stat().st_size

    def test_too_few_rows(self, tmp_path):
        folder = write_model2vec(tmp_path / "m")
        write_safetensors(folder / "model.safetensors", {"embeddings": table(3)})
        with pytest.raises(EmbedderError, match="more tokens than"):
            embedder("model2vec", folder).encode_texts(["a"])

    @pytest.mark.parametrize("content", [b"", b"\x05\0\0\0\0\0\0\0[1,2]", b"\x00" * 100])
    def test_no_safetensors(self, tmp_path, content):
        folder = write_model2vec(tmp_path / "m")
        (folder / "model.safetensors").write_bytes(content)
        with pytest.raises(EmbedderError, match=r"model\.safetensors"):
            embedder("model2vec", folder).encode_texts(["a"])


class TestOnnx:
    def test_the_mean_of_the_tokens_without_padding(self, tmp_path):
        one = embedder("onnx", write_onnx(tmp_path / "m"))
        found = one.encode_texts(["retry", "parse config file", "delay delay"])
        assert found.dtype == np.float32
        np.testing.assert_allclose(
            found, [mean("retry"), mean("parse", "config", "file"), mean("delay")], atol=1e-6
        )

    def test_texts_are_cut_at_what_the_model_takes(self, tmp_path):
        one = embedder("onnx", write_onnx(tmp_path / "m"))
        found = one.encode_texts(["retry " * 16 + "server " * 100])
        np.testing.assert_allclose(found[0], mean("retry"), atol=1e-6)

    @pytest.mark.parametrize(
        ("pooling", "wanted"),
        [
            ("cls", table()[WORDS.index("[CLS]")]),
            ("mean", table()[[2, WORDS.index("retry"), WORDS.index("delay")]].mean(0)),
            ("max", table()[[2, WORDS.index("retry"), WORDS.index("delay")]].max(0)),
            ("lasttoken", table()[WORDS.index("delay")]),
        ],
    )
    def test_tokens_are_pooled_as_the_folder_says(self, tmp_path, pooling, wanted):
        folder = write_onnx(tmp_path / "m", pooling=pooling)
        texts = ["retry delay", "a longer text beside it"]
        found = embedder("onnx", folder).encode_texts(texts)
        np.testing.assert_allclose(found[0], wanted / np.linalg.norm(wanted), atol=1e-6)
        # As versions up to 5 of sentence-transformers wrote it.
        old = {"cls": "cls_token", "mean": "mean_tokens", "max": "max_tokens"}.get(pooling, pooling)
        legacy = {"word_embedding_dimension": DIMS, "pooling_mode_weightedmean_tokens": False}
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({**legacy, f"pooling_mode_{old}": True}))
        np.testing.assert_allclose(embedder("onnx", folder).encode_texts(texts), found, atol=1e-6)

    def test_a_pooling_that_is_not_known(self, tmp_path):
        one = embedder("onnx", write_onnx(tmp_path / "m", pooling="weightedmean"))
        with pytest.raises(
            EmbedderError, match="pooling 'weightedmean' is not one of mean, cls, max, lasttoken"
        ):
            one.encode_texts(["a"])

    def test_a_model_that_pools_itself(self, tmp_path):
        one = embedder("onnx", write_onnx(tmp_path / "m", pooled=True))
        found = one.encode_texts(["retry delay"])
        np.testing.assert_allclose(found[0], mean("retry", "delay"), atol=1e-6)

    def test_facts_say_why_no_gpu_computes(self, tmp_path):
        folder = write_onnx(tmp_path / "m")
        facts = embedder("onnx", folder).facts()
        assert facts.dims == DIMS
        assert facts.model_bytes == (folder / "model.onnx").stat().st_size
        assert facts.device != "cpu" or "ONNX Runtime" in facts.why or "finds no device" in facts.why

    def test_an_input_nobody_has(self, tmp_path):
        one = embedder("onnx", write_onnx(tmp_path / "m", extra_input="pixels"))
        with pytest.raises(EmbedderError, match="wants the input pixels"):
            one.encode_texts(["a"])

    def test_no_model_at_all(self, tmp_path):
        folder = write_onnx(tmp_path / "m")
        (folder / "model.onnx").write_bytes(b"nothing")
        with pytest.raises(EmbedderError, match="ONNX Runtime cannot load it"):
            embedder("onnx", folder).encode_texts(["a"])
        (folder / "model.onnx").unlink()
        with pytest.raises(EmbedderError, match=r"holds neither model\.onnx nor onnx/model\.onnx"):
            embedder("onnx", folder)

    def test_a_device_without_room_is_a_lack_of_memory(self, tmp_path):
        one = embedder("onnx", write_onnx(tmp_path / "m", hungry=True))
        with pytest.raises(MemoryError, match="allocate memory"):
            one.encode_texts(["a", "b"])

    def test_threads_share_one_model(self, tmp_path):
        one = embedder("onnx", write_onnx(tmp_path / "m"))
        found = []
        threads = [
            threading.Thread(target=lambda: found.append(one.encode_queries(["file"]))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        assert all((one == found[0]).all() for one in found)


class TestSentenceTransformers:
    """Where the extra is installed: PyTorch is too large for the tests of every change."""

    @pytest.fixture
    def folder(self, tmp_path):
        package = pytest.importorskip("sentence_transformers")
        from tokenizers import Tokenizer

        modules = importlib.import_module("sentence_transformers.sentence_transformer.modules")

        write_tokenizer(tmp_path)
        static = modules.StaticEmbedding(
            Tokenizer.from_file(str(tmp_path / "tokenizer.json")), embedding_weights=table()
        )
        package.SentenceTransformer(modules=[static]).save(str(tmp_path / "model"))
        return tmp_path / "model"

    def test_vectors_and_facts(self, folder):
        one = embedder("sentence-transformers", folder)
        found = one.encode_texts(["retry delay", "config"])
        np.testing.assert_allclose(found, [mean("retry", "delay"), mean("config")], atol=1e-6)
        np.testing.assert_allclose(one.encode_queries(["config"])[0], mean("config"), atol=1e-6)
        facts = one.facts()
        assert (facts.dims, facts.model_bytes) == (DIMS, table().nbytes)
        assert facts.device != "cpu" or "PyTorch" in facts.why
        assert one.new_policy().take(1000, 5) == 5

    def test_a_device_without_room_is_a_lack_of_memory(self, folder):
        torch = pytest.importorskip("torch")
        one = embedder("sentence-transformers", folder)
        one.encode_texts(["a"])

        class Hungry(torch.nn.Module):
            def forward(self, features):
                torch.empty(1 << 45)

        one._model.append(Hungry())
        with pytest.raises(MemoryError):
            one.encode_texts(["a"])

    def test_a_folder_that_is_none(self, folder):
        (folder / "modules.json").write_text("[{}]")
        with pytest.raises(EmbedderError, match="sentence-transformers cannot load it"):
            embedder("sentence-transformers", folder).encode_texts(["a"])


@pytest.mark.parametrize("kind", ["onnx", "model2vec"])
def test_prefixes(tmp_path, kind):
    folder = {"onnx": write_onnx, "model2vec": write_model2vec}[kind](tmp_path / "m")
    one = embedder(kind, folder, embedder_query_prefix="parse ", embedder_text_prefix="config ")
    np.testing.assert_allclose(one.encode_queries(["file"])[0], mean("parse", "file"), atol=1e-6)
    np.testing.assert_allclose(one.encode_texts(["file"])[0], mean("config", "file"), atol=1e-6)


@pytest.mark.parametrize("kind", ["onnx", "model2vec"])
def test_the_fingerprint_follows_the_model(tmp_path, kind):
    folder = {"onnx": write_onnx, "model2vec": write_model2vec}[kind](tmp_path / "m")
    first = embedder(kind, folder).fingerprint
    assert embedder(kind, folder, embedder_query_prefix="q").fingerprint == first
    assert embedder(kind, folder, embedder_text_prefix="t").fingerprint != first
    moved = folder.rename(tmp_path / "moved")
    assert embedder(kind, moved).fingerprint == first
    write_tokenizer(moved, (*WORDS[:-1], "other"))
    assert embedder(kind, moved).fingerprint != first


def test_a_large_file_is_known_by_its_ends(tmp_path):
    path = tmp_path / "w"
    data = bytearray(3 << 20)
    prints = set()
    for place in (None, 0, len(data) - 1):
        if place is not None:
            data[place] ^= 1
        path.write_bytes(data)
        prints.add(fingerprint_of("x", [path, tmp_path / "none"]))
    path.write_bytes(bytes(data) + b"\0")
    assert len(prints | {fingerprint_of("x", [path])}) == 4


def test_tensors_are_read_as_written(tmp_path):
    arrays = {"a": table(3), "b": np.arange(5), "c": np.arange(4, dtype=np.int8).reshape(2, 2)}
    write_safetensors(tmp_path / "t", arrays)
    found = read_tensors(tmp_path / "t")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_hub_names_mean_the_local_cache_only(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(
        EmbedderError, match=r"downloads nothing by itself: fetch it with `hf download org/tiny`"
    ):
        choose(Settings(embedder="model2vec:org/tiny"))
    folder = tmp_path / "hub" / "models--org--tiny"
    write_model2vec(folder / "snapshots" / "abc")
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("abc\n")
    assert embedder("model2vec", "org/tiny").encode_texts(["file"]).any()


def test_where_the_hub_s_cache_is(monkeypatch):
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert hub_cache() == Path("~/.cache/huggingface/hub").expanduser()
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    assert hub_cache() == Path("/c/huggingface/hub")
    monkeypatch.setenv("HF_HOME", "/h")
    assert hub_cache() == Path("/h/hub")


def test_folders_count_from_the_root_and_missing_ones_are_told(tmp_path):
    write_model2vec(tmp_path / "models" / "tiny")
    settings = Settings(embedder="model2vec:models/tiny")
    found = choose(settings, str(tmp_path))
    assert found is not None
    assert found.encode_texts(["file"]).any()
    with pytest.raises(EmbedderError, match="no such folder"):
        model_folder("./nothing", str(tmp_path), "x")
    with pytest.raises(EmbedderError, match=r"holds no model\.onnx"):
        model_folder("models/tiny", str(tmp_path), "model.onnx")


@pytest.mark.parametrize(
    ("kind", "package", "extra"),
    [
        ("onnx", "onnxruntime", "onnx"),
        ("onnx", "tokenizers", "onnx"),
        ("model2vec", "tokenizers", "model2vec"),
        ("sentence-transformers", "sentence_transformers", "sentence-transformers"),
    ],
)
def test_a_missing_package_is_told_with_what_to_install(kind, package, extra):
    # In a process of its own, where the package cannot be found.
    program = (
        "import sys, importlib.util\n"
        "real = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda name, *more: None if name == {package!r} else real(name, *more)\n"
        "from codelode.embed.choose import choose\n"
        "from codelode.settings import Settings\n"
        f"choose(Settings(embedder='{kind}:/nowhere'))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert f"the package {package}, which is not installed: pip install 'codelode[{extra}]'" in done.stderr


def test_none_and_bundled():
    assert choose(Settings(embedder="none")) is None
    bundled = choose(Settings())
    assert bundled is not None
    assert bundled.inline


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("bundeld", "must be one of bundled, none, model2vec:<folder or hub name>, onnx:<folder>"),
        ("onnx", "must be onnx:<folder>"),
        ("none:x", "it must be none"),
        ("openai:localhost", "must begin with http:// or https://"),
        ("openai:http://localhost", "embedder_model must name the model"),
    ],
)
def test_bad_values(value, message):
    with pytest.raises(SettingsError) as caught:
        Settings(embedder=value)
    assert message in str(caught.value)


def test_a_configuration_that_is_no_json(tmp_path):
    folder = write_model2vec(tmp_path / "m")
    for text in ("{", json.dumps([1])):
        (folder / "config.json").write_text(text)
        with pytest.raises(EmbedderError, match=r"config\.json: (is not JSON|holds no JSON object)"):
            embedder("model2vec", folder).encode_texts(["a"])
