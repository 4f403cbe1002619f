"""`codelode batch --mode hybrid` with weights written by hand: what learning them has to beat.

``python -m bench.quality.by_hand ROOT LIMIT`` reads one question a line and prints one JSON list of hits a line.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from codelode import Index
from codelode.search import hybrid, weights

HAND = Path(__file__).with_name("hand.json")


def main(root: str, limit: str) -> None:
    chosen = weights.load(HAND)
    hybrid.learned.load = lambda: chosen  # type: ignore[assignment]
    with Index(root) as index:
        index.refresh()
        for question in sys.stdin:
            hits = index.search(question.strip(), mode="hybrid", limit=int(limit)).hits
            found = [
                {"path": hit.path, "start_line": hit.start_line, "end_line": hit.end_line} for hit in hits
            ]
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
