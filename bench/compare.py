"""The peers group: every tool indexes the Linux tree once and answers the same queries."""

from __future__ import annotations

import shutil
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import peers
from bench.corpora import Corpus
from bench.queries import BROAD, SHARED


def compare(
    corpus: Corpus, cache: Path, runs: int, only: frozenset[str], quick: bool
) -> list[dict[str, Any]]:
    """One JSON object a tool; a tool that fails says why under "status", and the others go on."""
    chosen = peers.every_peer(peers.fastest_ripgrep(corpus.path, BROAD))
    results = []
    for peer in chosen:
        if only and slug(peer.name) not in only:
            continue
        print(f"  {peer.name} ...", file=sys.stderr, flush=True)
        results.append(_compare_one(peer, corpus, cache / "peers" / slug(peer.name), runs, quick))
    return results


def slug(name: str) -> str:
    """`name` as it is written after --only: "git grep" is git-grep, "zoekt + ctags" is zoekt-ctags."""
    return "-".join(name.replace("+", " ").split())


def names() -> frozenset[str]:
    """What --only may name in this group."""
    return frozenset(slug(peer.name) for peer in peers.every_peer())


def _compare_one(peer: peers.Peer, corpus: Corpus, folder: Path, runs: int, quick: bool) -> dict[str, Any]:
    result: dict[str, Any] = {
        "tool": peer.name,
        "note": peer.note,
        "version": "",
        "index": None,
        "queries": {},
    }
    missing = peer.missing()
    if missing:
        return {**result, "status": missing}
    if quick and peer.name == "zoekt + ctags":
        return {**result, "status": "skipped by --quick (minutes of ctags)"}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        result["version"] = peer.version()
        cost = peer.build(corpus, folder)
        result["index"] = cost and asdict(cost)
        result["status"] = _ask_all(peer, corpus, folder, runs, result["queries"])
    except Exception as error:  # one tool's failure is its own line in the table
        traceback.print_exc()
        result["status"] = f"{type(error).__name__}: {error}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # zoekt's are 2.7 GB each
    return result


def _ask_all(peer: peers.Peer, corpus: Corpus, folder: Path, runs: int, answers: dict[str, Any]) -> str:
    """Fills `answers`; returns "ok", or which queries failed and why."""
    failed = []
    for query in SHARED:
        try:
            answers[query.name] = peer.ask(corpus, folder, query, runs).to_json()
        except Exception as error:
            traceback.print_exc()
            failed.append(f"{query.name}: {type(error).__name__}: {error}")
    return "; ".join(failed) or "ok"
