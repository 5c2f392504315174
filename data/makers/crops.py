"""Inbred wheat lines and maize hybrids with markers and traits: wheat_bglr and maize_technow."""

from __future__ import annotations

import gzip

import numpy as np

from .common import Files
from .formats import Factor, Frame, write_rdata

N_LINES, N_MARKERS, N_FAMILIES = 80, 120, 16
N_DENT, N_FLINT, N_HYBRIDS, N_SNPS = 20, 16, 130, 240


def wheat_bglr(generator: np.random.Generator) -> Files:
    """Lines in families; yield in four environments, of which the first does not agree with the others."""
    family = np.sort(np.concatenate([np.arange(N_FAMILIES), generator.integers(0, N_FAMILIES, N_LINES - N_FAMILIES)]))
    frequency = generator.uniform(0.1, 0.9, (N_FAMILIES, N_MARKERS))
    sharpened = np.where(generator.random(frequency.shape) < 0.6, np.round(frequency), frequency)
    x = (generator.random((N_LINES, N_MARKERS)) < sharpened[family]).astype(float)
    effects = generator.normal(size=(N_MARKERS, 4))
    effects[:, 1:] += 1.5 * generator.normal(size=(N_MARKERS, 1))  # environments 2 to 4 have much in common
    genetic = (x - x.mean(axis=0)) @ effects
    y = genetic / genetic.std(axis=0) + generator.normal(0, 0.8, (N_LINES, 4))
    y = ((y - y.mean(axis=0)) / y.std(axis=0, ddof=1)).round(6)
    pedigree = 2.0 * (0.15 + 0.55 * (family[:, None] == family))
    np.fill_diagonal(pedigree, 1.98)
    names = [str(2166 + 37 * number) for number in range(N_LINES)]
    markers = [f"wPt.{1000 + 17 * number}" for number in range(N_MARKERS)]
    variables = {
        "wheat.Y": (y, names, ["1", "2", "4", "5"]),
        "wheat.X": (x, None, markers),
        "wheat.A": (pedigree.round(4), names, names),
        "wheat.sets": generator.permutation(np.arange(N_LINES) % 10 + 1).astype("int32"),
    }
    text = "\\name{wheat}\n\\title{simulated sample in the form of the wheat dataset}\n"
    return {"wheat.RData": gzip.compress(write_rdata(variables), mtime=0), "wheat.Rd": text}


def maize_technow(generator: np.random.Generator) -> Files:
    """Hybrids of dent and flint lines; many columns of markers repeat their neighbors or do not vary."""
    pools, scores = [], []
    for n_lines in (N_DENT, N_FLINT):
        founders = (generator.random((4, N_SNPS // 4)) < 0.5).astype("int32")
        source = generator.integers(0, 4, (n_lines, N_SNPS // 12)).repeat(3, axis=1)
        pool = founders[source, np.arange(N_SNPS // 4)].repeat(4, axis=1)
        pools.append(np.where(generator.random(pool.shape) < 0.02, 1 - pool, pool).astype("int32"))
        scores.append((pool - pool.mean(axis=0)) @ generator.normal(size=(N_SNPS, 2)))
    names = [[str(first + 3 * number) for number in range(n)] for first, n in ((513, N_DENT), (298, N_FLINT))]
    pairs = generator.choice(N_DENT * N_FLINT, N_HYBRIDS, replace=False)
    dent, flint = np.sort(pairs) // N_FLINT, np.sort(pairs) % N_FLINT
    value = sum(score[parent] / score.std(axis=0) for score, parent in zip(scores, (dent, flint), strict=True))
    value = value + generator.normal(0, 0.7, value.shape)
    parents = [[names[pool][number] for number in parent] for pool, parent in ((0, dent), (1, flint))]
    table = Frame({
        "hybrid": Factor([f"{a}.{b}" for a, b in zip(*parents, strict=True)]),
        "dent": Factor(parents[0]),
        "flint": Factor(parents[1]),
        "GY": (3 + 6 * value[:, 0]).round(2),
        "GM": (1.4 * value[:, 1] - 0.3 * value[:, 0]).round(2),
        "hy": Factor([f"{a}:{b}" for a, b in zip(*parents, strict=True)]),
    })  # fmt: skip
    snps = [f"PZE.1{1 + number * 10 // N_SNPS:02d}{100 + 40 * number:06d}" for number in range(N_SNPS)]
    kinship = [np.corrcoef(pool + generator.normal(0, 0.1, pool.shape)).round(4) for pool in pools]
    variables = {
        "Ad": (kinship[0], names[0], names[0]),
        "Af": (kinship[1], names[1], names[1]),
        "DT": table,
        "Md": (pools[0], names[0], snps),
        "Mf": (pools[1], names[1], snps),
    }
    return {"DT_technow.RData": gzip.compress(write_rdata(variables), mtime=0)}
