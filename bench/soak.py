"""Kills `codelode index` again and again over a changing tree, and holds every answer against a model.

    python -m bench.soak [KILLS]        200 by default, a thousand before a release

The rule that must hold: killed anywhere, the next search sees the last committed snapshot or the new one,
never a mixture.  Exact search verifies its candidates in the files themselves, so the tree is put into either
state before it is asked: a file missing from the candidates, or one too many in the snapshot, shows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import machine, measure, report, subject
from bench.corpora import generate_texts, generated_folder

FILES = 1_500
CHANGES = 40
FIRST_TURN = 2
"""Rounds 0 and 1 are the start: a tree, and the changes by which a refresh is timed."""
STUCK_S = 600
"""An index that nobody kills takes seconds; after ten minutes it waits for something that will not come."""
REBUILD_EVERY = 5
"""Every fifth kill hits a rebuild of everything, long and with worker processes; the others a refresh."""
SETTINGS = {"CODELODE_JOBS": "2", "CODELODE_BATCH_MB": "1"}
"""Two workers and small batches also where one process would do: more moments to be killed in."""
EVERYWHERE = "soak_always"

State = dict[str, bytes]
"""A tree: contents by relative path."""


class SoakError(Exception):
    """An answer that neither snapshot explains."""


@dataclass(slots=True)
class Soak:
    """A tree on disk, its index, and what both should be."""

    folder: Path
    dice: random.Random
    committed: State = field(default_factory=dict)
    """what the last committed snapshot holds"""
    tree: State = field(default_factory=dict)
    """what is on disk"""
    outcomes: Counter[str] = field(default_factory=Counter)
    full_s: float = 0.0
    """what a rebuild takes when nobody kills it"""
    refresh_s: float = 0.0
    """what a refresh after one round of changes takes"""
    orphans: subprocess.Popen[bytes] | None = None
    """the last process that was killed alone: its workers may live on"""

    @property
    def root(self) -> Path:
        return self.folder / "tree"

    @property
    def index_dir(self) -> Path:
        return self.folder / "index"

    def start(self) -> None:
        """Writes the tree and builds its first index, which must commit."""
        texts = generate_texts(FILES, 6_000, seed=self.dice.getrandbits(32), pool=20_000)
        first = {f"{generated_folder(n).as_posix()}/f{n}.c": text for n, text in enumerate(texts)}
        self.put({path: marked(text, 0) for path, text in first.items()})
        self.full_s = self.index_whole("--rebuild")
        self.put(self.change(FIRST_TURN - 1))
        self.refresh_s = self.index_whole()
        self.committed = dict(self.tree)

    def put(self, wanted: State) -> None:
        """Makes the tree on disk equal `wanted`, touching only what differs."""
        for path in self.tree.keys() - wanted.keys():
            (self.root / path).unlink()
        for path, content in wanted.items():
            if self.tree.get(path) != content:
                target = self.root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        self.tree = dict(wanted)

    def index_whole(self, *flags: str) -> float:
        """Runs an index to its end; returns its seconds."""
        command = subject.command("index", str(self.root), "--json", *flags)
        return measure.run(command, env=self._environment(), timeout_s=STUCK_S).wall_s

    def index_killed(self, *flags: str) -> tuple[float, str]:
        """Starts an index and kills it at a random moment; returns the moment (s) and how it ended."""
        delay = self._moment(self.full_s if flags else self.refresh_s)
        process = subprocess.Popen(
            subject.command("index", str(self.root), "--json", *flags),
            env={**os.environ, **self._environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            try:
                status = process.wait(delay)
            except subprocess.TimeoutExpired:
                return delay, self._kill(process)
        finally:
            if process.poll() is None:
                measure.kill_group(process)
                process.wait()
        if status:
            raise SoakError(f"codelode index failed by itself: exit status {status}")
        return delay, "finished"

    def _moment(self, usual_s: float) -> float:
        """Any moment of the run, half of the time one in its last third, where the commit is."""
        earliest = 0.6 if self.dice.random() < 0.5 else 0.0
        return self.dice.uniform(earliest, 1.0) * usual_s

    def _kill(self, process: subprocess.Popen[bytes]) -> str:
        """Kills the main process alone (its workers find out by themselves), or all processes at once."""
        self.reap()
        alone = self.dice.random() < 0.5
        if alone:
            process.kill()
            self.orphans = process
        else:
            measure.kill_group(process)
        process.wait()
        return "main process killed" if alone else "all processes killed"

    def killed(self) -> int:
        """Kills so far; an index that finished before its moment came is not one."""
        return sum(count for outcome, count in self.outcomes.items() if "killed" in outcome)

    def reap(self) -> None:
        """Ends what the last process killed alone left behind; one more index has run beside it by now."""
        if self.orphans is not None:
            measure.kill_group(self.orphans)
            self.orphans = None

    def _environment(self) -> dict[str, str]:
        return {**subject.environment(self.index_dir), **SETTINGS}

    def change(self, turn: int) -> State:
        """The next state: files edited, created, deleted, renamed."""
        state = dict(self.tree)
        for number in range(CHANGES):
            path = self.dice.choice(sorted(state))
            kind = self.dice.choice(("edit", "edit", "create", "delete", "rename"))
            if kind == "edit":
                state[path] = marked(state[path], turn)
            elif kind == "create":
                state[f"new/t{turn}_{number}.c"] = marked(state[path], turn)
            elif kind == "delete" and len(state) > FILES // 2:
                del state[path]
            else:
                state[f"moved/t{turn}_{number}.c"] = state.pop(path)
        return state

    def round(self, turn: int) -> dict[str, Any]:
        """One kill and the checks after it; raises SoakError when neither snapshot explains the answers."""
        wanted = self.change(turn)
        self.put(wanted)
        flags = ("--rebuild",) if turn % REBUILD_EVERY == 0 else ()
        delay, ended = self.index_killed(*flags)
        seen = self._which_snapshot(wanted, turn)
        if ended == "finished" and seen != "new":
            raise SoakError("the index finished, but the search sees the old snapshot")
        self.outcomes[f"{ended}, {seen} snapshot"] += 1
        return {"turn": turn, "flags": flags, "delay_s": round(delay, 4), "ended": ended, "snapshot": seen}

    def _which_snapshot(self, wanted: State, turn: int) -> str:
        problems = self.differences(wanted, turn)
        if not problems:
            self.committed = wanted
            return "new"
        self.put(self.committed)
        old_problems = self.differences(self.committed, turn)
        self.put(wanted)
        if old_problems:
            raise SoakError(f"as new snapshot: {problems}; as old snapshot: {old_problems}")
        return "old"

    def differences(self, state: State, turn: int) -> list[str]:
        """How the answers differ from what `state`, which is on disk, must give; empty when they do not."""
        asked = (turn, turn - 1, self.dice.randrange(turn), 0)
        problems = []
        for token in dict.fromkeys((*map(mark, asked), EVERYWHERE)):
            found, files = self.search(token)
            expected = expected_lines(state, token)
            if found != expected:
                problems.append(f"{token}: {_shown(found, expected)}")
            if files != len(state):
                problems.append(f"snapshot of {files} files, not {len(state)}")
        return problems

    def search(self, token: str) -> tuple[set[tuple[str, int]], int]:
        """((path, line) of every match, files in the snapshot) of a search without refresh, as a process."""
        flags = ("--all", "--no-refresh", "--json", "--case", "sensitive")
        command = subject.search_command(self.root, token, "exact", *flags)
        done = measure.run(command, env=self._environment(), keep=True, accept=(0, 1))
        answer = json.loads(done.out)
        found = {(hit["path"], match["line"]) for hit in answer["hits"] for match in hit["matches"]}
        return found, answer["stats"]["files"]

    def finish(self, turns: int) -> None:
        """A refresh must equal the tree, a rebuild from nothing both, and verify must find nothing wrong."""
        self.index_whole()
        self.committed = dict(self.tree)
        self._all_answers("after the last refresh", turns)
        measure.run(subject.command("verify", str(self.root)), env=self._environment())
        shutil.rmtree(self.index_dir)
        self.index_whole("--rebuild")
        self._all_answers("after a fresh rebuild", turns)

    def _all_answers(self, when: str, turns: int) -> None:
        tokens = [mark(turn) for turn in range(0, turns + 1, max(1, turns // 50))]
        for token in (EVERYWHERE, *tokens):
            found, files = self.search(token)
            expected = expected_lines(self.tree, token)
            if found != expected or files != len(self.tree):
                raise SoakError(f"{when}, {token}: {_shown(found, expected)}; {files} files in the snapshot")


def mark(turn: int) -> str:
    """The word that files written in round `turn` hold: its trigrams say nothing of another round."""
    return "soak" + hashlib.blake2b(str(turn).encode(), digest_size=6).hexdigest()


def marked(text: bytes, turn: int) -> bytes:
    """`text` with the mark of the round that wrote it in place of an older one, as its first line."""
    if text.startswith(b"// soak"):
        text = text.partition(b"\n")[2]
    return f"// {mark(turn)} {EVERYWHERE}\n".encode() + text


def expected_lines(state: State, token: str) -> set[tuple[str, int]]:
    """(path, line) of every line of `state` with `token`."""
    wanted = token.encode()
    return {
        (path, number)
        for path, text in state.items()
        if wanted in text
        for number, line in enumerate(text.split(b"\n"), 1)
        if wanted in line
    }


def _shown(found: set[tuple[str, int]], expected: set[tuple[str, int]]) -> str:
    missing, wrong = sorted(expected - found), sorted(found - expected)
    return f"{len(missing)} missing {missing[:3]}, {len(wrong)} too many {wrong[:3]}"


def soak(kills: int, seed: int) -> dict[str, Any]:
    """The whole soak; the result's "error" is empty when everything held."""
    began = time.perf_counter()
    rounds: list[dict[str, Any]] = []
    error = ""
    with tempfile.TemporaryDirectory(prefix="codelode-soak-") as folder:
        state = Soak(Path(folder), random.Random(seed))
        try:
            state.start()
            while state.killed() < kills:
                rounds.append(state.round(FIRST_TURN + len(rounds)))
                if len(rounds) % 10 == 0:
                    print(
                        f"  {state.killed()} of {kills}: {dict(state.outcomes)}", file=sys.stderr, flush=True
                    )
            state.finish(FIRST_TURN + len(rounds))
        except (SoakError, measure.BenchError, json.JSONDecodeError) as problem:
            error = f"round {len(rounds) + 1}: {type(problem).__name__}: {problem}"
        finally:
            state.reap()
    return {
        "error": error,
        "kills": kills,
        "seed": seed,
        "outcomes": dict(state.outcomes),
        "full_s": state.full_s,
        "refresh_s": state.refresh_s,
        "seconds": round(time.perf_counter() - began, 1),
        "rounds": rounds,
    }


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 when every answer held."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("kills", nargs="?", type=int, default=200, help="how often to kill (default 200)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other moments and edits")
    parser.add_argument(
        "--out", type=Path, default=report.FOLDER, metavar="DIR", help="folder for the result"
    )
    options = parser.parse_args(arguments)
    if options.kills < 1:
        parser.error("at least one kill")
    load = machine.load_average()
    body = soak(options.kills, options.seed)
    entry = report.result("soak", body, {"kills": options.kills, "seed": options.seed}, load)
    path = report.save(entry, options.out)
    print(f"soak: {body['error'] or 'every answer held'}; {body['outcomes']}; saved: {path}")
    return int(bool(body["error"]))


if __name__ == "__main__":
    raise SystemExit(main())
