"""Making the vectors that are missing, with a real server, real files and real segments."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from embedding_server import EmbeddingServer, vector_of
from processes import wait_until
from tiny_models import write_model2vec, write_onnx
from trees import environment, kill_group, run, start, write_tree

from codelode.app import Index
from codelode.embed.choose import choose
from codelode.embed.heavy import HeavyEmbedder
from codelode.errors import EmbedderError, IndexLockedError, StorageError, UsageError
from codelode.ingest.chunktext import MOST_BYTES
from codelode.ingest.embedding import LEAST_SAVE_SECONDS
from codelode.settings import Settings
from codelode.store.lock import BuildLock
from codelode.store.sidecars import CACHE, EMBED_LOCK, LOG, embeddings_folder, sidecar

DIMS = 64


def files(count, turn=0):
    return {
        f"src/part{n % 3}/file{n}.py": f"def handler{n}(request):\n    return {turn}, {n * 7919}\n"
        for n in range(count)
    }


def settings(server=None, **more):
    where = {"embedder": f"openai:{server.url}", "embedder_model": "m"} if server else {}
    return Settings(**{"jobs": 1, **where, **more})


def opened(tmp_path, one):
    return Index(tmp_path / "tree", one, index_dir=str(tmp_path / "index"))


def segments(index):
    return sorted(path.name for path in Path(index.location, "segments").iterdir())


def vectors(index):
    """The vector of each live chunk by path and first line."""
    with_vectors = {}

    def work(snapshot):
        for part in snapshot.segments:
            table = part.vectors
            for chunk in range(len(part.chunks)):
                file, line, _, _ = part.chunks.span(chunk)
                if part.live[file] and table is not None and table.has[chunk]:
                    with_vectors[part.files.path(file).decode(), line] = table.vector(chunk)

    index._with_snapshot(work)
    return with_vectors


@pytest.fixture
def server():
    with EmbeddingServer(dims=DIMS) as one:
        yield one


def test_every_chunk_gets_the_vector_of_its_text(tmp_path, server):
    write_tree(tmp_path / "tree", files(30))
    with opened(tmp_path, settings(server)) as index:
        index.refresh()
        assert not server.requests, "a build asks nobody"
        assert index.embedding_state().embedded == 0
        before = segments(index)
        report = index.embed()
        assert (report.chunks, report.embedded, report.computed) == (30, 30, 30)
        state = index.embedding_state()
        assert (state.chunks, state.embedded, state.job, state.trouble) == (30, 30, "", "")
        assert segments(index) == before
        assert index.verify() == []
        found = vectors(index)
        wanted = np.array(vector_of("src/part1/file1.py\n" + files(30)["src/part1/file1.py"], DIMS))
        assert found["src/part1/file1.py", 1] @ wanted / np.linalg.norm(wanted) > 0.999
        again = index.embed()
        assert (again.chunks, again.computed) == (0, 0)
    assert len(server.texts) == 30


def test_batches_are_gathered_across_files(tmp_path, server):
    write_tree(tmp_path / "tree", files(200))
    with opened(tmp_path, settings(server)) as index:
        index.refresh()
        index.embed()
    assert len(server.requests) < 10


def test_the_text_says_where_a_chunk_is_from(tmp_path, server):
    body = "".join(f"        self.field{n} = {n} * {n * 7919}  # value number {n}\n" for n in range(120))
    text = f"class Store:\n    def fill(self, number: int):\n{body}"
    write_tree(tmp_path / "tree", {"a/store.py": text, "long.txt": "word " * 2000})
    with opened(tmp_path, settings(server)) as index:
        index.refresh()
        index.embed()
    of_store = [one for one in server.texts if one.startswith("a/store.py\n")]
    later = [one for one in of_store if "class Store" not in one]
    assert len(later) >= 2
    assert all(one.splitlines()[1] == "def fill(self, number: int):" for one in later)
    assert max(len(one) for one in server.texts) <= MOST_BYTES


def test_going_back_and_forth_asks_for_nothing_twice(tmp_path, server):
    tree = write_tree(tmp_path / "tree", files(20))
    with opened(tmp_path, settings(server)) as index:
        computed = []
        for turn in (0, 1, 0, 1):
            write_tree(tree, files(10, turn))
            index.refresh()
            computed.append(index.embed().computed)
            state = index.embedding_state()
            assert state.embedded == state.chunks == 20
        assert computed == [20, 10, 0, 0]
        assert len(server.texts) == 30
        assert len(set(server.texts)) == 30
        before = len(server.requests)
        index.refresh(rebuild=True)
        index.embed()
        assert len(server.requests) == before, "built anew, everything is in the cache"


def test_another_embedder_leaves_the_text_index_as_it_is(tmp_path, server):
    write_tree(tmp_path / "tree", files(12))
    model = write_model2vec(tmp_path / "model")
    with opened(tmp_path, settings()) as index:
        index.refresh()
        built = segments(index)
        bundled = vectors(index)
        assert len(bundled) == 12, "the bundled model works while the index is built"
    with opened(tmp_path, settings(server)) as index:
        assert index.refresh().rebuild_reason == ""
        assert index.embedding_state().embedded == 0
        index.embed()
        assert index.embedding_state().embedded == 12
    with opened(tmp_path, settings(embedder=f"model2vec:{model}")) as index:
        index.embed()
        assert index.embedding_state().embedded == 12
        fingerprint = index.embedder().fingerprint
        kept = [path.name for path in embeddings_folder(Path(index.location)).iterdir() if path.is_dir()]
        assert kept == [fingerprint], "vectors of the one before are in the cache only"
    asked = len(server.requests)
    with opened(tmp_path, settings(server)) as index:
        index.embed()
        assert index.embedding_state().embedded == 12
    assert len(server.requests) == asked
    with opened(tmp_path, settings()) as index:
        assert index.embed().chunks == 0
        assert vectors(index).keys() == bundled.keys()
        assert segments(index) == built


def test_the_bundled_model_s_vectors_are_the_same_when_they_come_later(tmp_path, server):
    texts = files(12) | {"deep/er/than/three/parts/of_path.c": "int x;\n" * 900}
    write_tree(tmp_path / "tree", texts)
    with opened(tmp_path, settings()) as index:
        index.refresh()
        inline = vectors(index)
    with opened(tmp_path, settings(server)) as index:
        index.refresh(rebuild=True)
    with opened(tmp_path, settings()) as index:
        before = segments(index)
        assert index.refresh().rebuild_reason == ""
        assert index.embed().embedded == len(inline)
        assert segments(index) == before
        late = vectors(index)
    assert late.keys() == inline.keys()
    assert len(inline) > 13
    for place, vector in inline.items():
        np.testing.assert_allclose(late[place], vector, atol=0.02, err_msg=str(place))


def test_a_job_does_not_bring_back_an_index_that_is_dropped(tmp_path, server):
    write_tree(tmp_path / "tree", files(4))
    with opened(tmp_path, settings(server)) as index:
        index.refresh()

        def dropped(request):
            with opened(tmp_path, settings(embedder="none")) as other:
                other.drop()

        server.misbehave = dropped
        with pytest.raises(StorageError):
            index.embed()
    assert not (tmp_path / "index").exists()


def test_sidecars_go_with_their_segments(tmp_path, server):
    tree = write_tree(tmp_path / "tree", files(5))
    with opened(tmp_path, settings(server)) as index:
        index.refresh()
        index.embed()
        (first,) = segments(index)
        path = sidecar(Path(index.location), index.embedder().fingerprint, first)
        assert path.exists()
        index.refresh(rebuild=True)
        assert first not in segments(index)
        assert not path.exists()
        write_tree(tree, files(5, 1))
        index.refresh()
        index.embed()
        assert sorted(one.stem for one in path.parent.iterdir()) == segments(index)


def test_a_file_that_changed_waits_for_the_next_refresh(tmp_path, server):
    tree = write_tree(tmp_path / "tree", files(4))
    with opened(tmp_path, settings(server)) as index:
        index.refresh()
        write_tree(tree, {"src/part0/file0.py": "changed = 1\n"})
        (tree / "src/part1/file1.py").unlink()
        report = index.embed()
        assert (report.chunks, report.embedded) == (4, 2)
        index.refresh()
        assert index.embed().embedded == 1
        assert index.embedding_state().embedded == index.embedding_state().chunks == 3


def test_a_damaged_sidecar_is_made_anew(tmp_path, server):
    write_tree(tmp_path / "tree", files(4))
    with opened(tmp_path, settings(server)) as index:
        index.refresh()
        index.embed()
        (name,) = segments(index)
        path = sidecar(Path(index.location), index.embedder().fingerprint, name)
        whole = path.read_bytes()
        path.write_bytes(whole[:-64] + bytes(64))
        assert index.verify() == [f"{path}: checksum of 'has' does not match"]
        path.write_bytes(whole[:100])
        assert str(path) in index.verify()[0]
    with opened(tmp_path, settings(server)) as index:
        report = index.embed()
        assert (report.embedded, report.computed) == (4, 0)
        assert len(vectors(index)) == 4


def test_other_dimensions_than_before_are_refused(tmp_path, server):
    tree = write_tree(tmp_path / "tree", files(4))
    with opened(tmp_path, settings(server)) as index:
        index.refresh()
        index.embed()
    server.dims = DIMS * 2
    with opened(tmp_path, settings(server)) as index:
        write_tree(tree, {"src/part0/file0.py": "changed = 1\n"})
        index.refresh()
        with pytest.raises(EmbedderError, match=r"gave 64 dimensions before, and 128 now.*remove the folder"):
            index.embed()
        assert index.embedding_state().embedded == 3
        with pytest.raises(EmbedderError, match="gave 64 dimensions before, and 128 now"):
            index.search("handler", mode="semantic")
        found = index.search("handler2", mode="hybrid")
        assert found.hits[0].path == "src/part2/file2.py"
        assert "searched without vectors: the embedder gave 64 dimensions" in found.stats.notes[0]


def test_a_server_that_goes_away_leaves_what_is_done(tmp_path, server, monkeypatch):
    monkeypatch.setattr("codelode.embed.retrying.FIRST_SECONDS", 0.001)
    write_tree(tmp_path / "tree", files(100))
    with opened(tmp_path, settings(server, embedding_cache_mb=0)) as index:
        index.refresh()

        def ends_soon(request):
            if len(request.texts) > 16:
                return 413, {}, b""
            return (500, {}, b"") if len(server.texts) > 230 else None

        server.misbehave = ends_soon
        with pytest.raises(EmbedderError, match="status 500"):
            index.embed()
        done = index.embedding_state().embedded
        assert 0 < done < 100
        found = index.search("handler7", mode="words")
        assert found.hits[0].path == "src/part1/file7.py"
        server.misbehave = lambda request: None
        with opened(tmp_path, index.settings) as patient:
            found = patient.search("what handles number seven", mode="semantic")
        assert len(found.hits) == 10
        assert found.stats.notes == [
            f"{100 - done} of 100 chunks have no vectors yet; `codelode embed` makes them"
        ]
        server.misbehave = lambda request: None
        server.requests.clear()
        report = index.embed()
        assert report.chunks == report.computed == 100 - done
        assert len(server.texts) == 100 - done


class Small(HeavyEmbedder):
    """A device that holds five texts."""

    def __init__(self, inner, room=5):
        super().__init__(Settings())
        self.inner, self.room, self.sizes = inner, room, []

    @property
    def fingerprint(self):
        return "small-1"

    def facts(self):
        return replace(self.inner.facts(), why="it is small")

    def new_policy(self):
        return self.inner.new_policy()

    def _encode(self, texts, *, query):
        self.sizes.append(len(texts))
        if len(texts) > self.room:
            raise MemoryError("too many")
        return self.inner.encode_texts(texts)


def test_a_small_device_gets_small_batches(tmp_path):
    write_tree(tmp_path / "tree", files(40))
    inner = choose(Settings(embedder=f"onnx:{write_onnx(tmp_path / 'model')}"))
    small = Small(inner)
    with opened(tmp_path, settings(embedder="none")) as index:
        index.refresh()
        index._chosen = small
        report = index.embed()
        assert report.embedded == 40
        assert report.why == "it is small"
    assert small.sizes[0] > 5 >= small.sizes[-1]
    assert sum(size for size in small.sizes if size <= 5) == 40


def test_nothing_to_embed_with(tmp_path):
    write_tree(tmp_path / "tree", files(2))
    with opened(tmp_path, settings(embedder="none")) as index:
        index.refresh()
        with pytest.raises(UsageError, match='embedder = "none"'):
            index.embed()
        assert index.embedding_state().embedded == 0
    with opened(tmp_path, settings(embedder="onnx:/nowhere")) as index:
        assert "/nowhere: no such folder" in index.embedding_state().trouble


def test_one_job_an_index(tmp_path, server):
    write_tree(tmp_path / "tree", files(2))
    with opened(tmp_path, settings(server)) as index:
        index.refresh()
        folder = embeddings_folder(Path(index.location))
        folder.mkdir()
        assert index.embedding_state().job == ""
        with BuildLock(folder / EMBED_LOCK, wait=False):
            assert index.embedding_state().job == str(os.getpid())
            with pytest.raises(IndexLockedError, match=rf"process {os.getpid()} is embedding this index"):
                index.embed(wait=False)
        assert index.embedding_state().job == ""
        assert index.embed(wait=False).embedded == 2


def in_environment(tmp_path, server, **more):
    return environment(
        tmp_path,
        CODELODE_INDEX_DIR=str(tmp_path / "index"),
        CODELODE_JOBS="1",
        CODELODE_EMBEDDER=f"openai:{server.url}",
        CODELODE_EMBEDDER_MODEL="m",
        **more,
    )


@pytest.mark.skipif(os.name != "posix", reason="kills with SIGKILL")
@pytest.mark.parametrize("cache", ["256", "0"])
def test_a_killed_job_goes_on_where_it_was(tmp_path, server, cache):
    # With a cache each batch is kept; without one, what the sidecar had a second ago.
    tree = write_tree(tmp_path / "tree", files(400))
    env = in_environment(tmp_path, server, CODELODE_EMBEDDING_CACHE_MB=cache)
    assert run("index", "--no-embed", str(tree), env=env).returncode == 0

    gate = threading.Event()
    batches = []

    def slow(request):
        if len(request.texts) > 16:
            return 413, {}, b""
        batches.append(request.texts)
        if cache == "0":
            time.sleep(LEAST_SAVE_SECONDS / 8)
        if len(batches) > 12:
            gate.wait()  # nothing more until it is killed
        return None

    server.misbehave = slow
    process = start("embed", str(tree), env=env)
    with opened(tmp_path, settings(server)) as index:
        wait_until(lambda: len(batches) > 12)
        assert index.embedding_state().job == str(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        kill_group(process)
        gate.set()
        kept = index.embedding_state()
        assert kept.job == ""
        assert 0 < kept.embedded < 400 or cache != "0"
        answered = {text for batch in batches[:12] for text in batch}
        server.requests.clear()
        server.misbehave = lambda request: None
        done = run("embed", str(tree), "--json", env=env)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["chunks"] == 400 - kept.embedded
        asked = set(server.texts)
        assert len(asked) == (400 - kept.embedded if cache == "0" else 400 - len(answered))
        assert index.embedding_state().embedded == 400


def test_the_command_line_embeds_in_the_background(tmp_path, server):
    tree = write_tree(tmp_path / "tree", files(6))
    env = in_environment(tmp_path, server)
    done = run("index", str(tree), env=env)
    assert "are made in the background" in done.stderr
    with opened(tmp_path, settings(server)) as index:
        wait_until(lambda: index.embedding_state().embedded == 6 and not index.embedding_state().job)
        write_tree(tree, files(1, turn=9))
        assert run("search", "handler0", str(tree), "--mode", "words", env=env).returncode == 0
        wait_until(lambda: len(server.texts) == 7 and index.embedding_state().embedded == 6)
        assert (embeddings_folder(Path(index.location)) / CACHE).exists()


def test_what_ended_a_job_in_the_background_is_told(tmp_path):
    tree = write_tree(tmp_path / "tree", files(3))
    with EmbeddingServer(lambda request: (401, {}, b"no key")) as server:
        env = in_environment(tmp_path, server)
        assert run("index", str(tree), env=env).returncode == 0
        with opened(tmp_path, settings(server)) as index:
            log = embeddings_folder(Path(index.location)) / LOG
            wait_until(lambda: log.exists() and log.read_text().endswith("\n"))
            wait_until(lambda: not index.embedding_state().job)
            assert "refuses the key (401: no key)" in index.embedding_state().trouble
            assert index.search("handler1", mode="words").hits
            state = json.loads(run("status", str(tree), "--json", env=env).stdout)["vectors"]
            assert (state["chunks"], state["embedded"]) == (3, 0)
            assert state["trouble"] == index.embedding_state().trouble
            doctor = run("doctor", str(tree), env=env)
            assert doctor.returncode == 1
            assert "UNUSABLE        http" in doctor.stdout
            server.misbehave = lambda request: None
            index.embed()
            assert index.embedding_state().trouble == ""
