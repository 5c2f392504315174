"""The chapters as files: which there are, what was recorded in them, and what is wrong with a recording.

A chapter is fresh while its code is the code that was run and its outputs are the outputs that came out. Both are
fixed by hashes that `record.py` writes into the notebook's metadata under ``genodl``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat

from genodl_utils import results

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
METADATA = "genodl"
# Cells with this tag do nothing outside Colab; they carry the repository's address, which may change at any time.
INSTALL_TAG = "install"


def find(selection: Iterable[str] = ()) -> list[Path]:
    """Return the chapters' notebooks in reading order; ``selection`` holds numbers or slugs, empty for all."""
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    chosen = []
    for name in selection:
        matches = [path for path in paths if name in (path.stem, path.stem[:2], path.stem[:2].lstrip("0"), str(path))]
        if not matches:
            there = ", ".join(path.stem for path in paths) or "none"
            raise SystemExit(f"Expected a chapter's number or name. Received: {name!r}. There are: {there}")
        chosen += matches
    return chosen or paths


def load(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def replace(path: Path, text: str) -> None:
    """Write a file in one step: whoever reads it, or ends this process, finds the old file or the new one."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def title(notebook: nbformat.NotebookNode) -> str:
    """Return the first heading, e.g. ``12. Splice sites``."""
    return re.findall(r"^# +(.+)$", first_text(notebook), re.M)[0]


def promise(notebook: nbformat.NotebookNode) -> str:
    """Return the sentence below the title."""
    return next(line for line in first_text(notebook).splitlines()[1:] if line.strip())


def first_text(notebook: nbformat.NotebookNode) -> str:
    return next(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def source_hashes(notebook: nbformat.NotebookNode) -> list[str]:
    """Hash the source of each code cell that matters, in order."""
    cells = (cell for cell in code_cells(notebook) if INSTALL_TAG not in cell.metadata.get("tags", []))
    return [hashlib.sha256(cell.source.encode()).hexdigest()[:16] for cell in cells]


def outputs_hash(notebook: nbformat.NotebookNode) -> str:
    """Hash all recorded outputs, the figures' words among them."""
    recorded = [cell.outputs for cell in code_cells(notebook)]
    return hashlib.sha256(json.dumps(recorded, sort_keys=True).encode()).hexdigest()


def carry_captions(notebook: nbformat.NotebookNode, slug: str) -> None:
    """Copy each figure's caption and alternative text from its output to where the page finds them."""
    n_figures = 0
    for cell in code_cells(notebook):
        cell.metadata.pop("mystnb", None)
        shown = [output for output in cell.outputs if "caption" in output.get("metadata", {}).get(METADATA, {})]
        if len(shown) > 1:
            raise SystemExit(f"{slug}: a cell shows {len(shown)} figures; give each a cell of its own:\n{cell.source}")
        for output in shown:
            n_figures += 1
            cell.metadata["mystnb"] = {
                "figure": {"caption": output.metadata[METADATA]["caption"], "name": f"figure-{slug}-{n_figures}"},
                "image": {"alt": output.metadata["image/png"]["alt"]},
            }


def names_tensorflow(path: Path) -> bool:
    """Whether a chapter is about TensorFlow itself, so that it runs on no other backend."""
    return any(re.search(r"^import tensorflow", cell.source, re.M) for cell in code_cells(load(path)))


def changed_cells(notebook: nbformat.NotebookNode) -> bool:
    return notebook.metadata.get(METADATA, {}).get("sources") != source_hashes(notebook)


def problems(path: Path) -> list[str]:
    """Say all that is wrong with a chapter's recording; an empty list means fresh and clean."""
    notebook, number = load(path), path.stem[:2]
    mend = f"run `make record NB={number}`"
    recorded = notebook.metadata.get(METADATA)
    if not recorded:
        return [f"{path.stem} was never recorded: {mend}"]
    found = []
    if changed_cells(notebook):
        found.append(f"{path.stem} is stale (its code is not the code that was recorded): {mend}")
    if recorded.get("outputs") != outputs_hash(notebook):
        found.append(f"{path.stem}: outputs differ from those recorded (edited by hand?): {mend}")
    if recorded.get("tier") != "real":
        found.append(f"{path.stem} was recorded on {recorded.get('tier')} data: {mend}")
    cells = code_cells(notebook)
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        found.append(f"{path.stem} was not run from top to bottom in a fresh kernel: {mend}")
    for cell in cells:
        for output in cell.outputs:
            noise = output.output_type == "error" or output.get("name") == "stderr"
            if noise:
                text = output.get("evalue") or output.get("text", "")
                found.append(f"{path.stem}: a cell recorded a warning or an error: {text.strip()[-200:]}")
    for row in results.read(path):
        if row["data_tier"] != "real":
            found.append(f"{path.stem}: a result row comes from {row['data_tier']} data: {mend}")
    return found
