"""Families of mice with genotypes and traits: mice_polygenic."""

from __future__ import annotations

import gzip

import numpy as np

from .common import Files
from .formats import Factor, Frame, write_rdata

N_FAMILIES, N_SIBLINGS = 24, 7
N_SNPS, N_CHROMOSOMES, N_FOUNDERS = 160, 8, 8
N_CAUSAL = 40


def mice_polygenic(generator: np.random.Generator) -> Files:
    """Full siblings of mosaics of eight founders; cages (siblings of one sex) and families shift the traits."""
    founders = (generator.random((N_FOUNDERS, N_SNPS)) < 0.5).astype(int)
    chromosome = np.repeat(np.arange(1, N_CHROMOSOMES + 1), N_SNPS // N_CHROMOSOMES)
    genotypes, family, cages = [], np.repeat(np.arange(N_FAMILIES), N_SIBLINGS), []
    male = generator.random(len(family)) < 0.5
    for number in range(N_FAMILIES):
        parents = [[mosaic(founders, chromosome, generator) for _ in range(2)] for _ in range(2)]
        for _ in range(N_SIBLINGS):
            genotypes.append(sum(recombined(pair, chromosome, generator) for pair in parents))
        members = male[family == number]
        place = np.where(members, np.cumsum(members) - 1, np.cumsum(~members) - 1) // 2  # two to a cage
        cages += [f"{number + 1}{'MF'[int(not sex)]}{p}" for sex, p in zip(members, place, strict=True)]
    x = np.array(genotypes, float)
    cage_number = np.unique(cages, return_inverse=True)[1]
    shared = generator.normal(0, 0.35, N_FAMILIES)[family]
    shared = shared + generator.normal(0, 0.25, cage_number.max() + 1)[cage_number]
    traits = []
    for sex_effect in (0.6, 1.2):
        effects = np.where(np.arange(N_SNPS) % (N_SNPS // N_CAUSAL) == 0, generator.normal(size=N_SNPS), 0)
        genetic = x @ effects
        genetic /= genetic.std()
        traits.append(0.6 * genetic + sex_effect * (male - 0.5) + shared + generator.normal(0, 0.6, len(x)))
    order = generator.permutation(len(x))
    names = [f"A0480{5080 + 13 * number}" for number in range(len(x))]
    snps = [f"rs{3_683_945 + 401 * number}_{'ACGT'[number % 4]}" for number in range(N_SNPS)]
    related = 0.5 * (family[order][:, None] == family[order])
    np.fill_diagonal(related, 1)
    pheno = Frame({
        "SUBJECT.NAME": Factor(names),
        "Obesity.BMI": np.round(-0.457 + 0.04 * traits[1][order], 4),
        "Obesity.BodyLength": np.round(7.6 + 0.4 * traits[0][order], 1),
        "Obesity.Date.Month": generator.integers(1, 13, len(x)).astype("int32"),
        "GENDER": Factor(["M" if sex else "F" for sex in male[order]]),
        "CoatColour": Factor(generator.choice(["black", "agouti", "albino"], len(x)).tolist()),
        "Litter": generator.integers(1, 9, len(x)).astype("int32"),
        "cage": Factor([cages[number] for number in order]),
        "Biochem.Glucose": np.where(generator.random(len(x)) < 0.1, np.nan, generator.normal(9, 2, len(x)).round(2)),
    })  # fmt: skip
    snp_map = Frame({
        "chr": Factor([str(number) for number in chromosome]),
        "snp_id": Factor(snps),
        "mbp": np.tile(np.linspace(0, 95, N_SNPS // N_CHROMOSOMES).round(3), N_CHROMOSOMES),
        "alleles": Factor([("A;G", "C;A", "T;C")[number % 3] for number in range(N_SNPS)]),
    })  # fmt: skip
    variables = {"mice.A": (related, names, names), "mice.pheno": pheno, "mice.X": (x[order], names, snps)}
    return {"mice.RData": gzip.compress(write_rdata({**variables, "mice.map": snp_map}), mtime=0)}


def mosaic(founders: np.ndarray, chromosome: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A haplotype whose chromosomes are pieces of founders."""
    source = np.empty(len(chromosome), int)
    for number in np.unique(chromosome):
        here = np.flatnonzero(chromosome == number)
        cut = generator.integers(0, len(here) + 1)
        source[here[:cut]], source[here[cut:]] = generator.integers(0, len(founders), 2)
    return founders[source, np.arange(len(chromosome))]


def recombined(pair: list[np.ndarray], chromosome: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """What a parent hands on: each chromosome from one of its two haplotypes, with one crossing over."""
    passed = pair[0].copy()
    for number in np.unique(chromosome):
        here = np.flatnonzero(chromosome == number)
        cut, first = generator.integers(0, len(here)), generator.integers(2)
        passed[here[:cut]], passed[here[cut:]] = pair[first][here[:cut]], pair[1 - first][here[cut:]]
    return passed
