"""Every chapter runs from top to bottom on simulated sample data, with small parameters."""

import re
import tomllib

import chapters
import nbformat
import pytest
import record

from genodl_utils import results

PARAMETERS = tomllib.loads((chapters.ROOT / "tests" / "notebooks" / "parameters.toml").read_text())


def identities(rows):
    """What was reported, apart from numbers in names ("mean of 3"), which depend on the parameters."""
    return {re.sub(r"\d+", "#", " / ".join(record.identity(row))) for row in rows}


def questions(rows):
    """What was measured on what, whatever the models; numbers in names of splits depend on the parameters."""
    return {re.sub(r"\d+", "#", " / ".join(record.identity(row)[:4])) for row in rows}


@pytest.mark.parametrize("path", chapters.find(), ids=lambda path: path.stem)
def test_chapter_runs_on_samples_and_reports_what_was_recorded(path, tmp_path, monkeypatch):
    if record.backend_name() != "tensorflow" and chapters.names_tensorflow(path):
        pytest.skip("its subject is TensorFlow itself")
    monkeypatch.setenv("GENODL_DATA", "sample")
    monkeypatch.setenv("GENODL_CACHE", str(tmp_path / "cache"))
    notebook, life = record.execute(path, PARAMETERS[path.stem])
    if record.backend_name() == "tensorflow":  # the recorded one; other backends may warn of what concerns them alone
        streams = [output for cell in chapters.code_cells(notebook) for output in cell.outputs]
        assert not [output.text for output in streams if output.get("name") == "stderr"]
    copy = tmp_path / path.name
    nbformat.write(notebook, copy)
    rows = results.read(copy)
    assert {row["data_tier"] for row in rows} == {"sample"}
    # Numbers mean nothing on samples; that the same results are reported does. Small parameters may leave models out.
    recorded = results.read(path)
    assert identities(rows) <= identities(recorded)
    assert questions(rows) == questions(recorded)
    assert not (tmp_path / "cache").exists(), "a sample run must not touch the cache"
    print(f"{path.stem}: {life}")


def test_every_chapter_has_small_parameters_that_exist():
    assert set(PARAMETERS) == {path.stem for path in chapters.find()}
    for path in chapters.find():
        [cell] = [
            cell for cell in chapters.code_cells(chapters.load(path)) if "parameters" in cell.metadata.get("tags", [])
        ]
        for name in PARAMETERS[path.stem]:
            assert f"{name} = " in cell.source, f"{path.stem} has no parameter {name}"
