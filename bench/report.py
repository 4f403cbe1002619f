"""Results on the terminal and in JSON files.  `python -m bench.report` shows and plots the last ones."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path
from typing import Any

from bench import machine
from bench.row import Row

FOLDER = machine.ROOT / "bench" / "results"
FORMAT = 1


def result(group: str, body: dict[str, Any], settings: dict[str, Any], load: list[float]) -> dict[str, Any]:
    """One group's result file: when, where, of which commit, with which settings, and what came out."""
    return {
        "format": FORMAT,
        "group": group,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(),
        "machine": machine.describe(),
        "load_average_before": load,
        "settings": settings,
        **body,
    }


def file_name(entry: dict[str, Any]) -> str:
    """``<group>-<date>-<commit>.json``; an edited working tree says so."""
    dirty = "-dirty" if entry["commit"]["dirty"] else ""
    stamp = entry["date"][:19].replace(":", "").replace("-", "").replace("T", "-")
    return f"{entry['group']}-{stamp}-{entry['commit']['id'][:10]}{dirty}.json"


def save(entry: dict[str, Any], folder: Path) -> Path:
    """Writes the result, and takes it over into latest.json, which holds the last of each group.

    A run of a part (--only) is completed there with the other parts of an earlier run of the same commit
    with the same settings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(entry)
    path.write_text(_dump(entry), encoding="utf-8")
    newest = latest(folder)
    newest[entry["group"]] = merged(newest.get(entry["group"]), entry)
    (folder / "latest.json").write_text(_dump(newest), encoding="utf-8")
    return path


def merged(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """`new`, with the rows or tools that only `old` has, when both are of one commit, machine and manner."""
    part, key = ("tools", "tool") if "tools" in new else ("rows", "name")
    if not old or part not in new or _manner(old) != _manner(new) or new["commit"]["dirty"]:
        return new
    measured = {each[key]: each for each in new[part]}
    kept = [measured.pop(each[key], each) for each in old[part]]
    return {**new, part: [*kept, *measured.values()]}


def _manner(entry: dict[str, Any]) -> list[Any]:
    settings = {name: value for name, value in entry["settings"].items() if name != "only"}
    return [entry["commit"], entry["machine"], entry.get("corpus"), settings]


def latest(folder: Path) -> dict[str, Any]:
    """The last result of each group, by name."""
    path = folder / "latest.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _dump(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=False) + "\n"


# tables


def table(head: list[str], lines: list[list[str]]) -> str:
    """Left-aligned columns, each as wide as its widest cell."""
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([_line(head, widths), rule, *(_line(line, widths) for line in lines)])


def _line(cells: list[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def figure(value: float | None, unit: str = "") -> str:
    """Three significant digits; a dash for nothing."""
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{' ' + unit if unit else ''}"


def engine_table(rows: list[dict[str, Any]]) -> str:
    """Value beside target, goal and peer."""
    head = ["measure", "median", "min .. max", "target", "goal", "reached", "peer", "note"]
    return table(head, [_engine_line(each) for each in rows])


def _engine_line(each: dict[str, Any]) -> list[str]:
    unit = each["unit"]
    if each["error"]:
        return [each["name"], "FAILED", "", "", "", verdict(each), "", each["error"].partition("\n")[0][:100]]
    sign = ">=" if each["higher_is_better"] else "<="
    target = f"{sign} {figure(each['target'], unit)}" if each["target"] is not None else "-"
    goal = f"{sign} {figure(each['goal'], unit)}" if each["goal"] is not None else "-"
    peer = f"{each['peer']}: {figure(each['peer_value'], unit)}" if each["peer"] else "-"
    span = f"{figure(each['min'])} .. {figure(each['max'])}" if each["runs"] > 1 else "-"
    return [each["name"], figure(each["median"], unit), span, target, goal, verdict(each), peer, each["note"]]


def verdict(each: dict[str, Any]) -> str:
    if each["reached"] is None:
        return "-"
    if not each["reached"]:
        return "NO"
    return "yes, goal too" if each["goal_reached"] else "yes"


def peers_tables(tools: list[dict[str, Any]]) -> str:
    """What an index costs, then what a query takes: whole process, and in brackets the search alone."""
    costs = [_cost_line(tool) for tool in tools]
    head = ["tool", "version", "index s", "cpu s", "index MB", "peak RSS MiB", "status", "note"]
    return f"{table(head, costs)}\n\n{_query_table(tools)}"


def _cost_line(tool: dict[str, Any]) -> list[str]:
    cost = tool["index"] or {}
    size = cost.get("bytes")
    return [
        tool["tool"],
        tool["version"][:40],
        figure(cost.get("wall_s")),
        figure(cost.get("cpu_s")),
        figure(size / 1e6 if size is not None else None),
        figure(cost.get("rss_mb")),
        tool["status"].partition("\n")[0][:80],
        tool["note"],
    ]


def _query_table(tools: list[dict[str, Any]]) -> str:
    answering = [tool for tool in tools if tool["queries"]]
    asked = list(dict.fromkeys(name for tool in answering for name in tool["queries"]))
    head = ["ms: process (search alone)", *(tool["tool"] for tool in answering), "lines"]
    return table(
        head, [[name, *(_query_cell(t, name) for t in answering), _lines(answering, name)] for name in asked]
    )


def _query_cell(tool: dict[str, Any], name: str) -> str:
    answer = tool["queries"].get(name)
    if answer is None:
        return "failed"
    inside = answer["engine_median_s"]
    return figure(answer["median_s"] * 1e3) + (f" ({figure(inside * 1e3)})" if inside is not None else "")


def _lines(tools: list[dict[str, Any]], name: str) -> str:
    """How many lines were found; who found another number than most is named."""
    counts = {tool["tool"]: tool["queries"][name]["lines"] for tool in tools if name in tool["queries"]}
    values = list(counts.values())
    usual = max(values, key=values.count)
    others = [f"{tool} {count:,}" for tool, count in counts.items() if count != usual]
    return f"{usual:,}" + (f" ({', '.join(others)})" if others else "")


def text(entry: dict[str, Any]) -> str:
    """A whole result as the terminal shows it."""
    body = peers_tables(entry["tools"]) if entry["group"] == "peers" else engine_table(entry["rows"])
    on = entry["machine"]
    dirty = " (edited)" if entry["commit"]["dirty"] else ""
    memory = figure(on["memory_gb"])
    where = f"{on['cores']} cores {on['cpu']}, {memory} GB, {on['system']}, Python {on['python']}"
    title = f"{entry['group']}: {entry['date']}, commit {entry['commit']['id'][:10]}{dirty}\n{where}"
    return f"{title}\n\n{body}"


def engine_body(rows: list[Row]) -> dict[str, Any]:
    return {"rows": [each.to_json() for each in rows]}


def show(folder: Path) -> int:
    entries = latest(folder)
    if not entries:
        print(f"no results in {folder}; run python -m bench.run", file=sys.stderr)
        return 1
    for group in ("engine", "peers"):
        if group in entries:
            print(text(entries[group]), end="\n\n")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the results")
    folder = parser.parse_args().out
    from bench import plot

    status = show(folder)
    if not status:
        print(plot.draw(latest(folder), folder / "engine.png"))
    return status


if __name__ == "__main__":
    raise SystemExit(main())
