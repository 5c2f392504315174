"""Show a chapter's result table and record it.

`report` is the one way by which a number becomes a result of the book: it shows a table to the reader and writes
the same rows, in a form that a program can read, into the notebook's output. The results appendix, the table in the
README and the tests are made from these recorded rows, so that no number is ever typed.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genodl_utils import datasets
from genodl_utils.evaluation import Estimate

MIME_TYPE = "application/vnd.genodl.results+json"
KINDS = ("deep", "baseline", "ablation", "published", "measurement")
REQUIRED = ("task", "dataset", "split", "metric", "higher_is_better", "model", "kind", "value")
OPTIONAL = ("ci95", "n_test", "source")


def report(rows: Sequence[Mapping[str, Any]]) -> None:
    """Show result rows as a table and record them in the notebook.

    Parameters
    ----------
    rows : sequence of mappings
        One mapping a result, with the keys ``task``, ``dataset``, ``split``, ``metric``, ``higher_is_better`` (bool),
        ``model`` (what the reader sees), ``kind`` (one of `KINDS`), ``value`` (a number, or an `Estimate` that
        brings its 95 % interval along) and, where they apply, ``ci95`` (low, high), ``n_test`` and ``source``
        (a key of the bibliography, needed for ``published`` rows).

    Raises
    ------
    ValueError
        If a row lacks a key or has an unknown one, if a value is not finite or lies outside its interval, if a
        ``deep`` or ``baseline`` row has no interval, or if a ``published`` row names no source.

    Notes
    -----
    Rows made while ``GENODL_DATA=sample`` is set are marked: numbers from simulated samples are no results.
    Taught in chapter 01.
    """
    from IPython.display import display

    if not rows:
        raise ValueError("Expected at least one result row. Received: rows=[]")
    checked = [_check(row, position) for position, row in enumerate(rows)]
    bundle = {"text/plain": _as_text(checked), "text/html": as_html(checked), MIME_TYPE: checked}
    display(bundle, raw=True)


def read(notebook: str | Path) -> list[dict[str, Any]]:
    """Read the recorded result rows out of a notebook file, in the order in which they were reported.

    Parameters
    ----------
    notebook : str or Path
        Path of an ``.ipynb`` file.

    Returns
    -------
    list of dict
        The rows of every `report` in the notebook; empty if it holds none.
    """
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [row for output in outputs for row in output.get("data", {}).get(MIME_TYPE, [])]


def format_value(row: Mapping[str, Any]) -> str:
    """Write a row's value with as many digits as its interval justifies, e.g. ``0.912 [0.881, 0.940]``."""
    value, (low, high) = row["value"], row.get("ci95") or (None, None)
    if low is not None:
        return f"{value:.3f} [{low:.3f}, {high:.3f}]"
    if isinstance(value, int):
        return f"{value:,}"
    if value and abs(value) < 0.001:
        return f"{value:.2g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}"


def as_html(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write result rows as an HTML table, one block for each task, data set, split and metric."""
    lines = ['<table class="genodl-results">']
    for name, block in _blocks(rows).items():
        best = "higher is better" if block[0]["higher_is_better"] else "lower is better"
        sample = " (sample data: not a result)" if block[0]["data_tier"] == "sample" else ""
        title = f"{name} ({best}){sample}"
        lines.append(f'<tr><th colspan="2">{html.escape(title)}</th><th>value [95 % interval]</th><th>n</th></tr>')
        for row in block:
            source = f" ({row['source']})" if row.get("source") else ""
            count = f"{row['n_test']:,}" if row.get("n_test") else ""
            cells = (row["model"] + source, row["kind"], format_value(row), count)
            lines.append(f'<tr class="{row["kind"]}">' + "".join(f"<td>{html.escape(c)}</td>" for c in cells) + "</tr>")
    return "\n".join([*lines, "</table>"])


def _as_text(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for name, block in _blocks(rows).items():
        lines.append(name + (" (sample data)" if block[0]["data_tier"] == "sample" else ""))
        lines += [f"  {row['model']:<44} {row['kind']:<12} {format_value(row)}" for row in block]
    return "\n".join(lines)


def _blocks(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Group the rows that may be compared; the task stands in a block's name where it tells blocks apart."""
    key = ("dataset", "split", "metric")
    tasks: dict[tuple[str, ...], set[str]] = {}
    for row in rows:
        tasks.setdefault(tuple(row[k] for k in key), set()).add(row["task"])
    blocks: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        task = f" ({row['task']})" if len(tasks[tuple(row[k] for k in key)]) > 1 else ""
        blocks.setdefault(f"{row['dataset']}, {row['split']}: {row['metric']}{task}", []).append(row)
    return blocks


def _check(row: Mapping[str, Any], position: int) -> dict[str, Any]:
    def wrong(expected: str, received: Any) -> ValueError:
        return ValueError(f"Expected {expected} in result row {position}. Received: {received!r}")

    checked = dict(row)
    if isinstance(row.get("value"), Estimate):
        checked["value"], checked["ci95"] = row["value"].value, row["value"].ci95
    if missing := [key for key in REQUIRED if key not in checked]:
        raise wrong(f"the keys {missing}", sorted(checked))
    if unknown := sorted(set(checked) - {*REQUIRED, *OPTIONAL}):
        raise wrong(f"only the keys {[*REQUIRED, *OPTIONAL]}", unknown)
    if checked["kind"] not in KINDS:
        raise wrong(f"a kind out of {KINDS}", checked["kind"])
    if not isinstance(checked["higher_is_better"], bool):
        raise wrong("higher_is_better to be True or False", checked["higher_is_better"])
    if checked["kind"] == "published" and not checked.get("source"):
        raise wrong("a source (a key of book/references.bib) for a published value", checked.get("source"))
    checked["value"] = _as_number(checked["value"])
    if checked["value"] is None or not math.isfinite(checked["value"]):
        raise wrong("a finite number as value", row["value"])
    if checked["kind"] in ("deep", "baseline") and not checked.get("ci95"):
        raise wrong("an Estimate or ci95=(low, high): a score without its interval is not reported", checked["value"])
    if checked.get("ci95"):
        low, high = (float(bound) for bound in checked["ci95"])
        if not low <= checked["value"] <= high:
            raise wrong(f"a ci95 that contains the value {checked['value']}", [low, high])
        checked["ci95"] = [low, high]
    if checked.get("n_test") is not None:
        checked["n_test"] = int(checked["n_test"])
    return checked | {"data_tier": datasets.tier()}


def _as_number(value: Any) -> int | float | None:
    """Return a plain Python number (NumPy scalars included), None for anything else."""
    number = value.item() if hasattr(value, "item") else value
    return number if isinstance(number, (int, float)) and not isinstance(number, bool) else None
