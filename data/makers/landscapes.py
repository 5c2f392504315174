"""Fitness landscapes: flip_gb1 (four positions of one domain, with the official splits)."""

from __future__ import annotations

import csv
import io
import zipfile
from itertools import combinations

import numpy as np

from .common import Files

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
SITES = (38, 39, 40, 53)  # of the protein, counted from 0
SPLITS = ("one_vs_rest", "two_vs_rest", "three_vs_rest", "sampled", "low_vs_high")
N_PAIR, N_DOUBLE, N_TRIPLE, N_FOUR = 361, 120, 700, 900  # doubles of the last two sites; of each other pair; others
INPUT_OF_PARENT, RATIO = 60000, 3.0  # reads of the parent before selection, and after it for each read before


def archive(files: dict[str, str]) -> bytes:
    """A zip file whose bytes do not depend on when it was written."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for name, text in files.items():
            target.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED, 9)
    return written.getvalue()


def table(header: list[str], rows: list[list[object]]) -> str:
    """Rows as comma-separated text; None is an empty field."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def variants(generator: np.random.Generator) -> np.ndarray:
    """Different variants as codes (n, 4), the parent (all 0 here) first, then 1 to 4 changes."""
    found: dict[tuple[int, ...], None] = {(0, 0, 0, 0): None}
    wanted: list[tuple[tuple[int, ...], int]] = [((site,), 19) for site in range(4)]
    wanted += [(pair, N_PAIR if pair == (2, 3) else N_DOUBLE) for pair in combinations(range(4), 2)]
    wanted += [(three, N_TRIPLE // 4) for three in combinations(range(4), 3)] + [((0, 1, 2, 3), N_FOUR)]
    for sites, n in wanted:
        grid = np.stack(np.meshgrid(*[np.arange(1, 20)] * len(sites), indexing="ij"), -1).reshape(-1, len(sites))
        for change in generator.permutation(grid)[:n]:
            code = np.zeros(4, int)
            code[list(sites)] = change
            found[tuple(code.tolist())] = None
    return np.array(list(found))


def flip_gb1(generator: np.random.Generator) -> Files:
    """An additive score and one interacting pair behind a threshold; read counts; five splits of a biased subset."""
    codes = variants(generator)
    parent = generator.integers(0, 20, 4)
    effects = generator.normal(-1.0, 1.3, (4, 20))
    effects[:, 0] = 0
    pair = generator.normal(0, 1.2, (20, 20))
    pair[0], pair[:, 0] = 0, 0
    score = effects[np.arange(4), codes].sum(axis=1) + pair[codes[:, 2], codes[:, 3]]
    truth = 6 / (1 + 5 * np.exp(-1.5 * score))
    before = np.maximum(generator.lognormal(5.5, 1.2, len(codes)).astype(int), 10)
    before[0] = INPUT_OF_PARENT
    after = generator.poisson(before * RATIO * truth)
    ratio = after / before / (after[0] / before[0])
    n_changes = (codes > 0).sum(axis=1)
    fitness = np.where(n_changes == 1, ratio * generator.lognormal(0, 0.3, len(codes)), ratio).round(6)
    keep = (fitness > 0.5) | (generator.random(len(codes)) < 0.08) | (n_changes == 0)

    template = generator.choice(list(AMINO_ACIDS), 60)
    sequences, names = [], []
    for code in codes:
        residues = [AMINO_ACIDS[(p + c) % 20] for p, c in zip(parent, code, strict=True)]
        template[list(SITES)] = residues
        names.append("".join(residues))
        sequences.append("".join(template))

    middle = float(np.quantile(fitness[keep], 0.6))
    is_train = {
        "one_vs_rest": n_changes <= 1,
        "two_vs_rest": n_changes <= 2,
        "three_vs_rest": n_changes <= 3,
        "sampled": generator.random(len(codes)) < 0.8,
        "low_vs_high": fitness < middle,
    }
    validation = {name: is_train[name] & (generator.random(len(codes)) < 0.15) for name in SPLITS}
    header = ["Variants", "HD", "Count input", "Count selected", "Fitness", "sequence", "keep"]
    rows: list[list[object]] = []
    for i in range(len(codes)):
        row: list[object] = [names[i], n_changes[i], before[i], after[i], fitness[i], sequences[i], bool(keep[i])]
        for name in SPLITS:
            part = "train" if is_train[name][i] else "test"
            row += [part if keep[i] else None, "True" if keep[i] and validation[name][i] else None]
        rows.append(row)
    header += [column for name in SPLITS for column in (name, f"{name}_validation")]
    files = {}
    for name in SPLITS:
        lines: list[list[object]] = [
            [
                sequences[i],
                fitness[i],
                "train" if is_train[name][i] else "test",
                "True" if validation[name][i] else None,
            ]
            for i in np.flatnonzero(keep)
        ]
        files[f"splits/{name}.csv"] = table(["sequence", "target", "set", "validation"], lines)
    return {
        "splits.zip": archive(files),
        "four_mutations_full_data.csv.zip": archive({"four_mutations_full_data.csv": table(header, rows)}),
    }
