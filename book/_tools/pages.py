"""Write what is made from other files: the README's table, mission, results, data sets, backends, speed, addresses.

    pages.py            write everything
    pages.py --check    write nothing; say what is out of date among the committed files, exit status 1 if anything is

The repository's address has one home, ``repository.url`` in ``_config.yml``.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import re
import sys
import tomllib
from pathlib import Path

import chapters
import nbformat
import yaml
from chapters import METADATA, ROOT
from record import BACKENDS, TIME_UNITS, differences, identity

from genodl_utils import plots, results

BOOK = ROOT / "book"
HEADLINES = 4  # results of a chapter in the README
COVER = BOOK / "_static" / "cover.png"
COVER_FIGURE = ("12_splice_sites", "figure-12_splice_sites-4")
ADDRESS = re.compile(r"('genodl-utils\[[\w,]+\] @ git\+)[^']*'")  # in the cell that installs the package in Colab
GITHUB = re.compile(r"https://github\.com/[\w.-]+/[\w-]+")
CHAPTER_TABLE = re.compile(r"(?<=<!-- chapters:begin -->\n).*?(?=<!-- chapters:end -->)", re.S)
COVER_ALT = re.compile(r'(<img src="book/_static/cover.png" alt=")[^"]*(")')


def configuration() -> dict:
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def repository_url() -> str:
    return configuration()["repository"]["url"].rstrip("/")


def colab_link(path: Path) -> str:
    settings = configuration()["repository"]
    repository = settings["url"].rstrip("/").removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{repository}/blob/{settings['branch']}/notebooks/{path.name}"


def chapter_table() -> str:
    """One row a chapter: title with promise, recorded headline results, a Colab link."""
    lines = ["| Chapter | What it shows | Recorded results | Run it |", "|---|---|---|---|"]
    for path in chapters.find():
        notebook = chapters.load(path)
        title = f"[{chapters.title(notebook)}](notebooks/{path.name})"
        lines.append(f"| {title} | {chapters.promise(notebook)} | {headline(path)} | [Colab]({colab_link(path)}) |")
    return "\n".join(lines) + "\n"


def headline(path: Path) -> str:
    """The best deep and the best baseline result of the first tasks, data sets, splits and metrics."""
    blocks: dict[tuple, list[dict]] = {}
    for row in results.read(path):
        blocks.setdefault((row["task"], row["dataset"], row["split"], row["metric"]), []).append(row)
    keys = [key[1:] for key in blocks]
    lines = []
    for (task, *key), rows in blocks.items():
        values = {kind: [row["value"] for row in rows if row["kind"] == kind] for kind in ("deep", "baseline")}
        if not all(values.values()):
            continue
        best = max if rows[0]["higher_is_better"] else min
        name = "{} {}, {}".format(*key) + (f" ({task})" if keys.count(tuple(key)) > 1 else "")
        lines.append(f"{name}: **{best(values['deep']):.3f}** (baseline {best(values['baseline']):.3f})")
    return "<br>".join(lines[:HEADLINES])


def results_page() -> str:
    """Write the results appendix out of the recordings."""
    lines = [
        "# Results",
        "",
        "Every number below was read out of a recorded notebook when this page was built; none was typed.",
        "Intervals are 95 % intervals. *deep* is the chapter's network, *baseline* a simpler method on the same split,",
        "*ablation* the network with a part taken away, *published* a number from the literature,",
        "*measurement* a measured fact that is no model's score.",
    ]
    for path in chapters.find():
        notebook, life = chapters.load(path), chapters.load(path).metadata.get(METADATA, {})
        packages = ", ".join(f"{name} {version}" for name, version in life.get("packages", {}).items())
        lines += [
            "",
            f"## [{chapters.title(notebook)}](../notebooks/{path.name})",
            "",
            f"Recorded on {life.get('recorded_at', '?')} in {life.get('wall_time_s', 0):.0f} s with at most "
            f"{life.get('peak_memory_mb', 0):,} MB of memory, backend {life.get('backend', '?')}, {packages}.",
            "",
            "```{raw} html",
            results.as_html(results.read(path)) if results.read(path) else "no results recorded",
            "```",
        ]
    return "\n".join(lines) + "\n"


def mission_page() -> str:
    """One row a system of the mission, out of the recorded blocks that `book/mission.toml` names."""
    lines = [
        "# The mission",
        "",
        "What deep learning is asked to do in genomics, and what this book recorded for each task.",
        "A row shows the best network and the best simple method of one table of the chapter,",
        "with 95 % intervals; the better value is bold, which is no test of the difference: the chapter has that.",
        "A published figure stands here only where its source was checked, with its split where that is another one.",
        "",
        "| System, chapter, score | Network | Baseline | Published |",
        "|---|---|---|---|",
    ]
    for system in tomllib.loads((BOOK / "mission.toml").read_text(encoding="utf-8"))["system"]:
        cells = [cell.replace("|", "\\|") for cell in mission_row(**system)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def mission_row(name: str, chapter: str, dataset: str, split: str, metric: str, task: str | None = None) -> list[str]:
    """Return the cells of one system: its chapter and score, best network, best baseline, what is published."""
    path = next(iter(chapters.find([chapter])))
    same = [row for row in results.read(path) if (row["dataset"], row["metric"]) == (dataset, metric)]
    rows = [row for row in same if row["split"] == split and task in (None, row["task"])]
    kinds = {row["kind"] for row in rows}
    if len({row["task"] for row in rows}) != 1 or not {"deep", "baseline"} <= kinds:
        raise SystemExit(
            f"Expected recorded rows of one task with a network and a baseline for {name!r} in book/mission.toml: "
            f"{chapter}, {dataset}, {split}, {metric}, task {task}. "
            f"Received: tasks {sorted({row['task'] for row in rows})}, kinds {sorted(kinds)}. "
            "Record the chapter, or name another block"
        )
    higher = rows[0]["higher_is_better"]
    best = {k: (max if higher else min)((r for r in rows if r["kind"] == k), key=lambda r: r["value"]) for k in kinds}
    ahead = (max if higher else min)(("deep", "baseline"), key=lambda kind: best[kind]["value"])
    cells = {
        kind: f"{row['model']}: {'**' * (kind == ahead)}{results.format_value(row)}{'**' * (kind == ahead)}"
        for kind, row in best.items()
    }
    elsewhere = [row for row in same if row["kind"] == "published" and task in (None, row["task"])]
    if "published" in kinds:
        cells["published"] = published(best["published"])
    elif elsewhere:
        row = (max if higher else min)(elsewhere, key=lambda row: row["value"])
        cells["published"] = f"{published(row)}, split `{row['split']}`"
    else:
        cells["published"] = "none checked"
    scored = f"`{dataset}`<br>`{split}`<br>`{metric}`, {'higher' if higher else 'lower'} is better"
    title = f"[{chapters.title(chapters.load(path))}](../notebooks/{path.name})"
    return [f"**{name}**<br>{title}<br>{scored}", cells["deep"], cells["baseline"], cells["published"]]


def published(row: dict) -> str:
    return f"{row['model']}: {results.format_value(row)} {{cite}}`{row['source']}`"


def backends_page() -> str:
    """One row for each chapter that was run on another Keras backend too: do the results agree?"""
    lines = [
        "# Backends",
        "",
        "Keras runs on TensorFlow, JAX and PyTorch; this book is recorded on TensorFlow.",
        "The chapters below were run again, on the same real data, on another backend.",
        "There the same seed gives other random numbers, so another start, another order of batches and other dropout:",
        "a network's result must come out within the recorded 95 % interval, not to the digit.",
        "",
        "*Results* counts the rows with an interval, and among them those of networks; *inside* those whose repeated",
        "value lies within the recorded interval.",
        "*Largest shift* is that of a network, in units of half the recorded interval: below 1 is inside, but for",
        "intervals that are not symmetric.",
        "`make test-backends` runs every chapter on sample data on JAX, and on PyTorch where it is installed.",
        "Chapters about TensorFlow itself are left out.",
        "",
        "| Chapter | Backend | Results (of networks) | Inside | Largest shift |",
        "|---|---|---|---|---|",
    ]
    outside = []
    for path in chapters.find():
        for file in sorted(BACKENDS.glob(f"*/{path.stem}.json")):
            run = json.loads(file.read_text(encoding="utf-8"))
            pairs, found = compared(path, run)
            networks = [shift for row, _, shift in pairs if row["kind"] in ("deep", "ablation")]
            inside = sum(row["ci95"][0] <= again <= row["ci95"][1] for row, again, _ in pairs)
            title = f"[{chapters.title(chapters.load(path))}](../notebooks/{path.name})"
            version = run["packages"].get(run["backend"], "")
            shift = f"{max(networks):.2f}" if networks else "no network"
            lines.append(
                f"| {title} | {run['backend']} {version} | {len(pairs)} ({len(networks)}) | {inside} | {shift} |"
            )
            outside += [f"- {path.stem}, {run['backend']}: {line}" for line in found]
    lines += ["", "## What does not agree", "", *(outside or ["Nothing."])]
    return "\n".join(lines) + "\n"


def compared(path: Path, run: dict) -> tuple[list[tuple[dict, float, float]], list[str]]:
    """Pair a chapter's rows that have an interval with another run's: row, value, shift; and say what is off."""
    recorded = results.read(path)
    again = {identity(row): row["value"] for row in run["rows"]}
    pairs = []
    for row in recorded:
        key = identity(row)
        timed = any(unit in row["metric"] for unit in TIME_UNITS)
        if row.get("ci95") and row["kind"] != "published" and key in again and not timed:
            low, high = row["ci95"]
            shift = abs(again[key] - row["value"]) / ((high - low) / 2) if high > low else 0.0
            pairs.append((row, again[key], shift))
    return pairs, differences(recorded, run["rows"])


def benchmarks() -> dict:
    return json.loads((BOOK / "benchmarks.json").read_text(encoding="utf-8"))


def speed_page() -> str:
    """The helpers beside peers and limits, how cost grows, and what each chapter takes."""
    recorded = benchmarks()
    versions = ", ".join(f"{name} {version}" for name, version in recorded["packages"].items())
    lines = [
        "# Speed",
        "",
        "Speed is told here as ratios of times that were measured in one run, in turns, on one machine,",
        "because seconds alone say more about a machine than about a program.",
        "`make bench` measures them again.",
        "",
        "## The helpers beside their peers and beside the limit",
        "",
        "The *limit* is what nothing can pass: copying the output through memory, or the bare matrix products",
        "that the same network needs.",
        "",
        "| Task | Helper | Best peer | Times as fast as the peer | Share of the limit |",
        "|---|---|---|---|---|",
    ]
    for task in recorded["tasks"]:
        helper, peer = (
            f"{task[key].replace('genodl_utils ', '')}, {task['best'][task[key]] * 1e3:.3g} ms"
            for key in ("helper", "peer")
        )
        limit = task["limit"].removeprefix("limit: ")
        lines.append(
            f"| {task['task']} | {helper} | {peer} | {task['speed_by_peer']:.2f} | "
            f"{task['speed_by_limit']:.2g} ({limit}) |"
        )
    lines += [
        "",
        f"Measured on {recorded['recorded_at']} with {recorded['threads']} threads, {versions}.",
        "Best of several repeats; every peer's output was compared with the helper's first.",
        "",
        "## How cost grows",
        "",
        "```{figure} _static/speed.png",
        ":name: figure-speed",
        f":alt: {growth_alt()}",
        "Seconds by the size of the input, both on logarithmic axes, where a power of the size is a straight line;",
        "the number beside each name is the slope of its line. One-hot encoding, windows, gradients and pileups grow",
        "with the size or slower, as fixed costs fade; the products that mutagenesis needs grow with the square of the",
        "length, as each letter more brings three more mutants and makes all of them longer.",
        "```",
        "",
        "## What a chapter takes",
        "",
        "Recorded one at a time on two cores, or two at a time on one core each, without a GPU.",
        "Memory is the peak of the chapter's process.",
        "",
        "| Chapter | Seconds | Cores | Peak memory | Backend |",
        "|---|---|---|---|---|",
    ]
    lives = {path: chapters.load(path).metadata.get(METADATA, {}) for path in chapters.find()}
    for path, life in lives.items():
        title = f"[{chapters.title(chapters.load(path))}](../notebooks/{path.name})"
        lines.append(
            f"| {title} | {life.get('wall_time_s', 0):.0f} | {life.get('threads', 2)} | "
            f"{life.get('peak_memory_mb', 0):,} MB | {life.get('backend', '?')} |"
        )
    seconds = [life.get("wall_time_s", 0) for life in lives.values()]
    peak = max(life.get("peak_memory_mb", 0) for life in lives.values())
    lines += ["", f"All {len(lives)} chapters together: {sum(seconds) / 60:.0f} minutes; at most {peak:,} MB."]
    return "\n".join(lines) + "\n"


def growth_alt() -> str:
    slopes = [
        f"{curve['task']}: " + ", ".join(f"{name} slope {slope:.2f}" for name, slope in curve["slopes"].items())
        for curve in benchmarks()["growth"]
    ]
    return "Six log-log diagrams of seconds by size. " + "; ".join(slopes)


def growth_figure() -> bytes:
    """Draw seconds by size of input on logarithmic axes, a panel for each task."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    plots.use_style()
    figure, axes = plt.subplots(3, 2, figsize=(7.6, 8.6))
    for axis, curve in zip(axes.flat, benchmarks()["growth"], strict=True):
        for i, (name, seconds) in enumerate(curve["seconds"].items()):
            limit = name.startswith("limit")
            label = "limit" if limit else f"{name.replace('genodl_utils ', '')}: {curve['slopes'][name]:.1f}"
            color = plots.COLORS[7] if limit else plots.COLORS[i]
            axis.loglog(curve["sizes"], seconds, "--" if limit else "-o", color=color, label=label, markersize=4)
        axis.set(title=curve["task"], xlabel=curve["unit"], ylabel="seconds")
        axis.minorticks_off()
        axis.set_xticks(curve["sizes"], [f"{size:,}" for size in curve["sizes"]])
        axis.legend(fontsize=7)
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=130, metadata={"Software": None})
    plt.close(figure)
    return buffer.getvalue()


def registry() -> dict:
    return tomllib.loads((ROOT / "data" / "registry.toml").read_text(encoding="utf-8"))


def data_page() -> str:
    """List all data sets of the registry, with a link to the card of each that has one."""
    lines = [
        "# Data sets",
        "",
        "All data are public and fetched from their public addresses by `genodl_utils.datasets.fetch`,",
        "which checks the SHA-256 of every file.",
        "A card says what a row is, where it comes from, under which license, and what to beware of;",
        "it is written together with the first chapter that uses the data.",
        "",
        "| Name | What it is | Files | Size | License |",
        "|---|---|---|---|---|",
    ]
    for name, entry in sorted(registry().items()):
        label = f"[{name}](../data/cards/{name}.md)" if (ROOT / "data" / "cards" / f"{name}.md").exists() else name
        archive, files = entry.get("archive", {}), entry.get("files", [])
        n_files = archive.get("n_members", 0) + len(files)
        n_bytes = archive.get("bytes", 0) + sum(file["bytes"] for file in files)
        lines.append(f"| {label} | {entry['title']} | {n_files} | {n_bytes / 1e6:.1f} MB | {entry['license']} |")
    return "\n".join(lines) + "\n"


def finished(path: Path) -> str:
    """Return a notebook's text with the install line pointing at the repository and the captions in their place."""
    notebook = chapters.load(path)
    chapters.carry_captions(notebook, path.stem)
    for cell in notebook.cells:
        if chapters.INSTALL_TAG in cell.metadata.get("tags", []):
            cell.source = ADDRESS.sub(rf"\g<1>{repository_url()}'", cell.source)
    return nbformat.writes(notebook) + "\n"


def cover() -> tuple[bytes, str]:
    """Return the cover figure and its alternative text, straight from the recording."""
    slug, name = COVER_FIGURE
    notebook = chapters.load(chapters.find([slug])[0])
    chapters.carry_captions(notebook, slug)
    for cell in notebook.cells:
        figure = cell.metadata.get("mystnb", {})
        if figure.get("figure", {}).get("name") == name:
            image = next(output.data["image/png"] for output in cell.outputs if "image/png" in output.get("data", {}))
            return base64.b64decode(image), figure["image"]["alt"]
    raise SystemExit(f"Expected a recorded figure named {name} in {slug}: record it, or name another in pages.py")


def committed() -> dict[Path, bytes]:
    """Return the committed files with the content that they should have."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    image, alt = cover()
    readme = CHAPTER_TABLE.sub(lambda _: chapter_table(), readme)
    readme = COVER_ALT.sub(lambda match: match[1] + alt.replace('"', "&quot;") + match[2], readme)
    readme = GITHUB.sub(repository_url(), readme)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = re.sub(r'^Repository = ".*"$', f'Repository = "{repository_url()}"', project, flags=re.M)
    files = {ROOT / "README.md": readme, ROOT / "pyproject.toml": project}
    for path in (ROOT / "CITATION.cff", BOOK / "how_to_use.md"):
        files[path] = GITHUB.sub(repository_url(), path.read_text(encoding="utf-8"))
    files |= {path: finished(path) for path in chapters.find()}
    return {path: text.encode() for path, text in files.items()} | {COVER: image}


def generated() -> dict[Path, bytes]:
    """Return the files that are made anew for every build and never committed."""
    pages = {
        "mission.md": mission_page(),
        "results.md": results_page(),
        "data_cards.md": data_page(),
        "backends.md": backends_page(),
        "speed.md": speed_page(),
    }
    files = {BOOK / name: text.encode() for name, text in pages.items()}
    return files | {BOOK / "_static" / "speed.png": growth_figure()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    files = committed() if arguments.check else committed() | generated()
    outdated = [path for path, content in files.items() if not path.exists() or path.read_bytes() != content]
    if arguments.check:
        print("\n".join(f"{path.relative_to(ROOT)} is out of date: run `make pages`" for path in outdated))
        sys.exit(bool(outdated))
    for path in outdated:
        path.write_bytes(files[path])


if __name__ == "__main__":
    main()
