"""One picture of the last results: codelode against its peers, and against its own targets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.report import figure as readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "codelode": "#d1495b",
    "ripgrep": "#30638e",
    "git grep": "#7aa5c8",
    "csearch": "#8d96a3",
    "zoekt": "#66a182",
    "zoekt + ctags": "#2e6b4f",
}


def draw(latest: dict[str, Any], path: Path) -> str:
    """Writes the plot to `path`; returns a line for the terminal: where it is, or why there is none."""
    if "peers" not in latest:
        return "no plot: the peers group has no result yet"
    try:
        import matplotlib
    except ModuleNotFoundError:
        return "no plot: matplotlib is not installed (pip install '.[bench]')"
    matplotlib.use("Agg")
    from matplotlib import pyplot

    entry = latest["peers"]
    tools = [tool for tool in entry["tools"] if tool["queries"]]
    if not tools:
        return "no plot: no tool answered"
    figure, grid = pyplot.subplot_mosaic(
        [["time", "size", "memory"], ["queries", "queries", "queries"]],
        figsize=(15, 10),
        height_ratios=[1, 1.4],
        layout="constrained",
    )
    _cost(grid["time"], tools, "Time to index from nothing", "seconds", lambda cost: cost["wall_s"])
    _cost(grid["size"], tools, "Size of the index", "MB", lambda cost: cost["bytes"] / 1e6)
    _cost(grid["memory"], tools, "Peak memory of the build (sum of RSS)", "MiB", lambda cost: cost["rss_mb"])
    _queries(grid["queries"], tools)
    figure.suptitle(_title(entry), fontsize=12)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return f"plot: {path}"


def _title(entry: dict[str, Any]) -> str:
    corpus = entry["corpus"]
    return (
        f"{corpus['name']}: {corpus['files']:,} files, {corpus['bytes'] / 1e9:.2f} GB; "
        f"{entry['machine']['cores']} cores, warm cache; {entry['date'][:10]}, "
        f"commit {entry['commit']['id'][:10]}"
    )


def _cost(axes: Axes, tools: list[dict[str, Any]], title: str, unit: str, value: Any) -> None:
    costs = [(tool["tool"], value(tool["index"])) for tool in tools if tool["index"]]
    costs = [(name, amount) for name, amount in costs if amount]
    names, amounts = [name for name, _ in costs], [amount for _, amount in costs]
    bars = axes.bar(names, amounts, color=[COLOURS.get(name, "#555555") for name in names])
    axes.bar_label(bars, labels=[readable(amount) for amount in amounts])
    _logarithmic(axes, title, unit)
    axes.tick_params(axis="x", rotation=20)


def _queries(axes: Axes, tools: list[dict[str, Any]]) -> None:
    asked = list(dict.fromkeys(name for tool in tools for name in tool["queries"]))
    series = _series(tools)
    width = 0.85 / len(series)
    for place, (label, colour, hatch, times) in enumerate(series):
        at = [slot + (place - (len(series) - 1) / 2) * width for slot in range(len(asked))]
        heights = [times.get(name) or float("nan") for name in asked]
        axes.bar(at, heights, width, label=label, color=colour, hatch=hatch, edgecolor="white")
    axes.set_xticks(range(len(asked)), [name.replace(", ", ",\n") for name in asked])
    axes.legend(ncols=4, fontsize=9, loc="upper left")
    _logarithmic(axes, "All matches of a query, whole process (hatched: search alone)", "milliseconds")
    axes.margins(y=0.3)  # room for the legend


def _series(tools: list[dict[str, Any]]) -> list[tuple[str, str, str, dict[str, float]]]:
    """(label, colour, hatch, milliseconds by query): each tool's process, and its search alone."""
    found = []
    for tool in tools:
        colour = COLOURS.get(tool["tool"], "#555555")
        for key, suffix, hatch in (("median_s", "", ""), ("engine_median_s", ", search alone", "///")):
            times = {name: each[key] * 1e3 for name, each in tool["queries"].items() if each[key]}
            if times:
                found.append((tool["tool"] + suffix, colour, hatch, times))
    return found


def _logarithmic(axes: Axes, title: str, unit: str) -> None:
    axes.set_title(title)
    axes.set_ylabel(f"{unit} (log scale)")
    axes.set_yscale("log")
    axes.margins(y=0.15)
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
