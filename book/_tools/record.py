"""Run chapters: record them, try a copy, or check that a recording can be repeated.

    record.py record [NB ...]   run on real data in a fresh kernel, write outputs and results back (default: the stale)
    record.py run NB            run a copy into _build/chapters/, leaving the recording alone
    record.py check [NB ...]    run a copy and compare its results with the recorded ones, within their intervals
    record.py backend [NB ...]  run a copy on another Keras backend (KERAS_BACKEND) and keep its results beside the
                                recorded ones, in book/backends/
    record.py stale             print the chapters whose recording is not fresh

NB is a chapter's number or name. ``--cores 1`` keeps a run to one core that no other run has taken.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import datetime
import importlib.metadata
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import chapters
import nbformat
import papermill
from chapters import METADATA, ROOT

from genodl_utils import datasets, results

PACKAGES = ("genodl-utils", "keras", "tensorflow", "tensorflow-cpu", "jax", "torch", "numpy", "scikit-learn")
START_TIMEOUT = 300  # seconds; a busy machine may take long to start a kernel
CELL_TIMEOUT = 900  # seconds; a cell that runs longer hangs
SPAWN = multiprocessing.get_context("spawn")
BACKENDS = ROOT / "book" / "backends"
# JAX holds 64-bit numbers, which some chapters count and compare with, only where it is asked to.
os.environ.setdefault("JAX_ENABLE_X64", "1")
LOCKS: list[IO[str]] = []  # of the cores that this process has taken, until it ends
# Times differ from machine to machine: they are recorded, but a check does not compare them.
TIME_UNITS = ("second", "speed", "throughput")
# Errors without an interval are mostly noise: they may shrink, but not grow much.
ERRORS = ("error", "difference")


def execute(path: Path, parameters: dict | None = None) -> tuple[nbformat.NotebookNode, dict]:
    """Run a notebook in a fresh kernel and return it with its measured life: seconds, peak memory."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        papermill.execute_notebook(
            path, copy, parameters=parameters or {}, cwd=folder, kernel_name="python3", language="python",
            progress_bar=sys.stderr.isatty(), log_output=False,
            start_timeout=START_TIMEOUT, execution_timeout=CELL_TIMEOUT,
            # What native libraries write to the terminal is no output of a cell; Python's warnings are still recorded.
            extra_arguments=["--IPKernelApp.capture_fd_output=False"],
        )  # fmt: skip
        notebook = chapters.load(copy)
    # The kernel has ended, so the largest child of this process is the kernel.
    unit = 1024**2 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
    return notebook, {"wall_time_s": round(time.perf_counter() - started, 1), "peak_memory_mb": round(peak)}


def slowest(notebook: nbformat.NotebookNode, n: int = 5) -> str:
    """Name the cells that took longest: where to look when a chapter nears its budget."""
    cells = [cell for cell in chapters.code_cells(notebook) if cell.metadata.get("papermill", {}).get("duration")]
    cells.sort(key=lambda cell: -cell.metadata["papermill"]["duration"])
    return "\n".join(
        f"  {cell.metadata['papermill']['duration']:5.1f} s  [{cell.execution_count}] {cell.source.splitlines()[0]}"
        for cell in cells[:n]
    )


def clean(notebook: nbformat.NotebookNode, slug: str) -> None:
    """Drop what the runner left behind."""
    notebook.metadata.clear()
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if cell.metadata.get("tags") == []:
            del cell.metadata["tags"]
    chapters.carry_captions(notebook, slug)


def record(path: Path) -> None:
    if datasets.tier() != "real":
        raise SystemExit("Expected real data for a recording. Received: GENODL_DATA=sample; unset it and record again")
    print(f"{path.stem}: recording ...", flush=True)
    notebook, life = run_or_explain(path)
    slow = slowest(notebook)
    clean(notebook, path.stem)
    notebook.metadata[METADATA] = {
        "tier": datasets.tier(),
        "seed": parameter(notebook, "SEED"),
        **life,
        **circumstances(),
        "sources": chapters.source_hashes(notebook),
        "outputs": chapters.outputs_hash(notebook),
    }
    chapters.replace(path, nbformat.writes(notebook) + "\n")
    print(f"{path.stem}: recorded in {life['wall_time_s']:.0f} s, {life['peak_memory_mb']:,} MB at most")
    print(slow, flush=True)


def circumstances() -> dict:
    """Say on what a chapter was run, and when."""
    return {
        "threads": len(cores()),
        "packages": versions(PACKAGES),
        "backend": backend_name(),
        "recorded_at": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of those packages that are installed."""
    found = {}
    for package in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def cores() -> list[int]:
    """List the cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def use_cores(n: int) -> None:
    """Keep this process, and the kernels that it starts, to n cores: the number of threads decides the last digits.

    Cores that no other such process has locked come first, so that runs side by side do not share one.
    """
    if n >= len(cores()) or not hasattr(os, "sched_setaffinity"):
        return
    import fcntl  # as sched_setaffinity, on Linux

    free = []
    for core in cores():
        lock = (Path(tempfile.gettempdir()) / f"genodl-core-{core}.lock").open("w")
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free.append(core)
            LOCKS.append(lock)
        if len(free) == n:
            break
    os.sched_setaffinity(0, [*free, *(core for core in cores() if core not in free)][:n])


def parameter(notebook: nbformat.NotebookNode, name: str) -> int | None:
    """Read one value out of the cell tagged ``parameters``."""
    values: dict = {}
    for cell in chapters.code_cells(notebook):
        if "parameters" in cell.metadata.get("tags", []):
            exec(cell.source, {}, values)
    return values.get(name)


def run_or_explain(path: Path) -> tuple[nbformat.NotebookNode, dict]:
    """Run a chapter; where a cell fails, stop with the cell's own message instead of a long trace."""
    try:
        return execute(path)
    except papermill.PapermillExecutionError as error:
        message = f"{path.stem} stopped in cell {error.exec_count}: {error.ename}: {error.evalue}"
        if error.ename != "DataError":
            message += "\n" + "\n".join(error.traceback)
        raise SystemExit(message) from None


def run(path: Path) -> None:
    target = ROOT / "_build" / "chapters" / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    notebook, life = run_or_explain(path)
    nbformat.write(notebook, target)
    print(f"{path.stem}: ran in {life['wall_time_s']:.0f} s; the executed copy is {target}\n{slowest(notebook)}")
    for row in results.read(target):
        print(f"  {row['dataset']} {row['split']} {row['metric']}: {row['model']}: {results.format_value(row)}")


def identity(row: dict) -> tuple:
    return tuple(row[key] for key in ("task", "dataset", "split", "metric", "model", "kind"))


def differences(recorded: list[dict], repeated: list[dict]) -> list[str]:
    """Say which repeated results do not agree with the recorded ones."""
    found, new = [], {identity(row): row for row in repeated}
    for row in recorded:
        name, again = " / ".join(identity(row)), new.pop(identity(row), None)
        if again is None:
            found.append(f"{name}: recorded, but not reported again")
        elif row["kind"] == "published" or any(unit in row["metric"] for unit in TIME_UNITS):
            continue
        elif row.get("ci95"):
            low, high = row["ci95"]
            if not low <= again["value"] <= high:
                found.append(f"{name}: {again['value']:.4f} lies outside the recorded [{low:.4f}, {high:.4f}]")
        elif any(word in row["metric"] for word in ERRORS):
            if abs(again["value"]) > 3 * abs(row["value"]) + 1e-6:
                found.append(f"{name}: {again['value']:.2g} is far above the recorded {row['value']:.2g}")
        elif isinstance(row["value"], int) or isinstance(again["value"], int):
            if row["value"] != again["value"]:
                found.append(f"{name}: {again['value']} instead of {row['value']}")
        elif abs(again["value"] - row["value"]) > 0.05 * abs(row["value"]):
            found.append(f"{name}: {again['value']:.4f} is more than 5 % off the recorded {row['value']:.4f}")
    return found + [f"{' / '.join(key)}: reported, but not recorded" for key in new]


def check(path: Path) -> list[str]:
    print(f"{path.stem}: repeating on {datasets.tier()} data ...", flush=True)
    use_cores(chapters.load(path).metadata[METADATA].get("threads", 2))
    notebook, life = run_or_explain(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        nbformat.write(notebook, copy)
        found = differences(results.read(path), results.read(copy))
    verdict = f"{len(found)} differences" if found else "agrees with the recording"
    print(f"{path.stem}: {verdict} ({life['wall_time_s']:.0f} s)", flush=True)
    return [f"{path.stem}: {line}" for line in found]


def backend_name() -> str:
    return os.environ.get("KERAS_BACKEND") or "tensorflow"


def backend(path: Path) -> None:
    """Run a copy on the backend that the environment names and keep its results."""
    name = backend_name()
    if name == chapters.load(path).metadata[METADATA]["backend"]:
        raise SystemExit(
            f"Expected another Keras backend than the recorded one. Received: {name}; set KERAS_BACKEND=jax"
        )
    if datasets.tier() != "real":
        raise SystemExit("Expected real data for a recording. Received: GENODL_DATA=sample; unset it and record again")
    print(f"{path.stem}: running on {name} ...", flush=True)
    notebook, life = run_or_explain(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        nbformat.write(notebook, copy)
        rows = results.read(copy)
    sources = chapters.source_hashes(notebook)
    target = BACKENDS / name / f"{path.stem}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    chapters.replace(target, json.dumps({**life, **circumstances(), "sources": sources, "rows": rows}, indent=1) + "\n")
    found = differences(results.read(path), rows)
    verdict = "\n".join(f"  {line}" for line in found) or "  all results agree with the recorded ones"
    print(f"{path.stem}: ran on {name} in {life['wall_time_s']:.0f} s\n{verdict}", flush=True)


def changed_within(hours: int) -> list[Path]:
    """Return the chapters that were committed in the hours before the newest commit."""
    newest = subprocess.check_output(["git", "log", "-1", "--format=%ct"], cwd=ROOT, text=True)
    since = f"--since={int(newest) - hours * 3600}"
    files = subprocess.check_output(["git", "log", since, "--format=", "--name-only"], cwd=ROOT, text=True).split()
    return [path for path in chapters.find() if f"notebooks/{path.name}" in files]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("record", "run", "check", "backend", "stale"))
    parser.add_argument("chapters", nargs="*", metavar="NB")
    parser.add_argument("--changed-within-hours", type=int, help="check only chapters committed so recently")
    parser.add_argument("--cores", type=int, default=len(cores()), help="keep to so many cores (default: all)")
    arguments = parser.parse_args()
    paths = chapters.find(arguments.chapters)
    stale = [path for path in paths if chapters.problems(path)]
    use_cores(arguments.cores)
    if arguments.action == "stale":
        print("\n".join(path.stem for path in stale))
    elif arguments.action == "run":
        for path in paths:
            run(path)
    elif arguments.action == "record":
        todo = paths if arguments.chapters else stale
        if not todo:
            print(f"{len(paths)} chapters: all recordings are fresh")
        for path in todo:
            record(path)
    elif arguments.action == "backend":
        for path in paths:
            backend(path)
    else:
        if arguments.changed_within_hours is not None:
            paths = changed_within(arguments.changed_within_hours)
        # Processes of their own: each has its own cores, and each kernel's memory is read off its process's children.
        with concurrent.futures.ProcessPoolExecutor(2, max_tasks_per_child=1, mp_context=SPAWN) as pool:
            found = [line for lines in pool.map(check, paths) for line in lines]
        print("\n".join(found) or f"{len(paths)} passed, 0 failed")
        sys.exit(bool(found))


if __name__ == "__main__":
    main()
