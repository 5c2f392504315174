"""The Snakefile on a small book of its own: killed and called again, and planned for two kinds of cluster."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import chapters
import nbformat
import pytest

SNAKEMAKE = [str(Path(sys.executable).with_name("snakemake")), "--nolock", "--rerun-incomplete", "--quiet", "rules"]
SECONDS = {"01_first": 0, "02_second": 1, "03_third": 6}  # that the chapters take


@pytest.fixture()
def book(root, tmp_path):
    """Three chapters that no one has recorded, with the real Snakefile, tools and helpers."""
    for name in ("genodl_utils", "book/_tools", "book/cluster", "data/cards"):
        shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "data" / "registry.toml", tmp_path / "data")
    table = "".join(f'    "{name}": [],\n' for name in SECONDS)
    workflow = re.sub(r"(?<=^DATA = \{\n).*?(?=^\}$)", table, (root / "Snakefile").read_text(), flags=re.M | re.S)
    (tmp_path / "Snakefile").write_text(workflow)
    (tmp_path / "notebooks").mkdir()
    for name, seconds in SECONDS.items():
        cells = [
            nbformat.v4.new_markdown_cell(f"# {int(name[:2])}. {name[3:]}"),
            nbformat.v4.new_code_cell("SEED = 0", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(f"import time\n\ntime.sleep({seconds})\nprint('done')"),
        ]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks" / f"{name}.ipynb")
    return tmp_path


def environment(book):
    return {key: value for key, value in os.environ.items() if key != "GENODL_DATA"} | {"PYTHONPATH": str(book)}


def recorded(book):
    """Which chapters have a recording that is fresh and clean; each file must be a whole notebook at any time."""
    return {path.stem for path in sorted((book / "notebooks").glob("*.ipynb")) if not chapters.problems(path)}


def wait_for(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_after_a_kill_the_next_call_goes_on_and_repeats_nothing(book):
    command = [*SNAKEMAKE, "--cores", "1"]
    with (book / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=book, env=environment(book), stdout=log, stderr=log, start_new_session=True
        )
        wait_for(lambda: len(recorded(book)) >= 2)
        wait_for(lambda: (book / "log").read_text().count("recording ...") == 3 or process.poll() is not None)
        os.killpg(process.pid, signal.SIGKILL)  # Snakemake, the recording and its kernel, wherever they are
        process.wait()
    before = {name: (book / "notebooks" / f"{name}.ipynb").read_bytes() for name in SECONDS}
    assert len(recorded(book)) == 2  # what was finished is kept, what was not is as it was
    again = subprocess.run(command, cwd=book, env=environment(book), capture_output=True, text=True)
    assert again.returncode == 0, again.stderr[-3000:]
    assert recorded(book) == set(SECONDS)
    assert (again.stdout + again.stderr).count("recording ...") == 1
    kept = [name for name in SECONDS if (book / "notebooks" / f"{name}.ipynb").read_bytes() == before[name]]
    assert len(kept) == 2
    assert not list((book / "notebooks").glob("*.tmp"))


def test_recordings_of_other_machines_come_back_as_outputs(book):
    """As where no files are shared: the job's output is there, the notebook in the checkout is still the old one."""
    subprocess.run([*SNAKEMAKE, "--cores", "2"], cwd=book, env=environment(book), check=True, capture_output=True)
    assert recorded(book) == set(SECONDS)
    life = chapters.load(book / "notebooks" / "01_first.ipynb").metadata[chapters.METADATA]
    assert life["threads"] == 1 and life["wall_time_s"] > 0 and life["peak_memory_mb"] > 0
    path = book / "notebooks" / "01_first.ipynb"
    notebook = chapters.load(path)
    notebook.metadata.pop(chapters.METADATA)
    nbformat.write(notebook, path)
    assert recorded(book) == {"02_second", "03_third"}
    again = subprocess.run(
        [*SNAKEMAKE, "--cores", "2"], cwd=book, env=environment(book), capture_output=True, text=True
    )
    assert again.returncode == 0, again.stderr[-3000:]
    assert "recording ..." not in again.stdout + again.stderr
    assert recorded(book) == set(SECONDS)


def test_a_chapter_that_was_long_on_two_cores_has_both_again(book):
    for name, seconds in {"02_second": 150, "03_third": 230}.items():
        path = book / "notebooks" / f"{name}.ipynb"
        notebook = chapters.load(path)
        notebook.metadata[chapters.METADATA] = {"threads": 2, "wall_time_s": seconds}
        nbformat.write(notebook, path)
    command = [SNAKEMAKE[0], "--cores", "2", "--dry-run", "--printshellcmds"]
    planned = subprocess.run(command, cwd=book, env=environment(book), capture_output=True, text=True, check=True)
    cores = re.findall(r"--cores (\d) record (\w+)", planned.stdout + planned.stderr)
    assert sorted(cores) == [("1", "01_first"), ("1", "02_second"), ("2", "03_third")]


@pytest.mark.parametrize("profile", ["slurm", "kubernetes"])
def test_cluster_profile_plans_a_job_for_each_chapter(book, profile):
    pytest.importorskip(f"snakemake_executor_plugin_{profile}")
    command = [SNAKEMAKE[0], "--profile", f"book/cluster/{profile}", "--dry-run", "--printshellcmds"]
    environ = environment(book) | {"GENODL_CACHE": str(book / "cache")}
    planned = subprocess.run(command, cwd=book, env=environ, capture_output=True, text=True)
    assert planned.returncode == 0, planned.stderr[-3000:]
    text = planned.stdout + planned.stderr
    for name in SECONDS:
        assert re.search(rf"wildcards: chapter={name}, ", text), name
    assert re.search(r"^record +3$", text, re.M) and text.count("mem_mb=4000") == text.count("--cores 2 record") == 3


def test_runs_side_by_side_take_cores_of_their_own(root, tmp_path):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("needs two cores")
    script = (
        "import json, os, sys; sys.path.insert(0, 'book/_tools'); import record; "
        "record.use_cores(1); print(json.dumps(sorted(os.sched_getaffinity(0))), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": root}
    pipes["env"] = os.environ | {"TMPDIR": str(tmp_path)}  # the locks of other runs do not count
    with subprocess.Popen(command, **pipes) as first, subprocess.Popen(command, **pipes) as second:
        cores = [json.loads(process.stdout.readline()) for process in (first, second)]
        for process in (first, second):
            process.stdin.close()
    assert all(len(taken) == 1 for taken in cores) and cores[0] != cores[1]
