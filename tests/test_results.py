"""Results: what a row must have, what the reader sees, what a program reads back."""

import json
import math

import numpy as np
import pytest

from genodl_utils import results
from genodl_utils.evaluation import Estimate

ROW = {
    "task": "splice sites",
    "dataset": "splice_uci",
    "split": "cv10",
    "metric": "accuracy",
    "higher_is_better": True,
    "model": "network",
    "kind": "deep",
    "value": Estimate(0.96, 0.95, 0.97),
    "n_test": 3190,
}


@pytest.fixture
def displayed(monkeypatch):
    bundles = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def test_report_records_value_and_interval_of_an_estimate(displayed, monkeypatch):
    monkeypatch.delenv("GENODL_DATA", raising=False)
    results.report([ROW])
    [row] = displayed[0][results.MIME_TYPE]
    assert (row["value"], row["ci95"], row["data_tier"]) == (0.96, [0.95, 0.97], "real")
    json.dumps(row)
    assert "0.960 [0.950, 0.970]" in displayed[0]["text/html"]
    assert "0.960 [0.950, 0.970]" in displayed[0]["text/plain"]


def test_rows_from_samples_are_marked(displayed, monkeypatch):
    monkeypatch.setenv("GENODL_DATA", "sample")
    results.report([ROW])
    assert displayed[0][results.MIME_TYPE][0]["data_tier"] == "sample"
    assert "sample data" in displayed[0]["text/html"]


def test_numpy_numbers_become_plain_ones(displayed):
    results.report([ROW | {"kind": "measurement", "value": np.int64(4301), "n_test": np.int32(7)}])
    row = displayed[0][results.MIME_TYPE][0]
    assert type(row["value"]) is int and type(row["n_test"]) is int
    assert "4,301" in displayed[0]["text/html"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "guess"}, "kind"),
        ({"value": math.nan}, "finite"),
        ({"value": "0.9"}, "finite"),
        ({"value": True, "ci95": [0, 1]}, "finite"),
        ({"value": 0.9}, "interval"),
        ({"value": 0.9, "ci95": [0.91, 0.95]}, "contains the value"),
        ({"kind": "published", "value": 0.9}, "source"),
        ({"higher_is_better": "yes"}, "higher_is_better"),
        ({"notes": "good"}, "only the keys"),
    ],
)
def test_a_wrong_row_is_refused(displayed, change, message):
    with pytest.raises(ValueError, match=message):
        results.report([ROW | change])
    assert not displayed


@pytest.mark.parametrize("key", results.REQUIRED)
def test_a_missing_key_is_named(displayed, key):
    with pytest.raises(ValueError, match=key):
        results.report([{name: value for name, value in ROW.items() if name != key}])


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        results.report([])


def test_names_are_escaped_in_the_table(displayed):
    results.report([ROW | {"model": "<b>A & B</b>"}])
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in displayed[0]["text/html"]


def test_read_returns_the_rows_in_order(tmp_path):
    cells = [{"outputs": [{"data": {results.MIME_TYPE: [{"value": n}]}}]} for n in (1, 2)] + [{"source": "text"}]
    path = tmp_path / "notebook.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    assert [row["value"] for row in results.read(path)] == [1, 2]


@pytest.mark.parametrize(
    ("value", "text"),
    [(4301, "4,301"), (0.0, "0.000"), (0.1234, "0.123"), (0.00045, "0.00045"), (1e-12, "1e-12"), (5816.55, "5,817")],
)
def test_a_number_without_interval_keeps_its_leading_digits(value, text):
    assert results.format_value({"value": value}) == text


def test_tasks_on_the_same_data_are_kept_apart():
    rows = [ROW | {"value": 0.9, "ci95": None, "data_tier": "real", "task": task} for task in ("donors", "acceptors")]
    table = results.as_html(rows)
    assert "splice_uci, cv10: accuracy (donors)" in table and "splice_uci, cv10: accuracy (acceptors)" in table
    assert "(splice sites)" not in results.as_html([rows[0] | {"task": "splice sites"}])
