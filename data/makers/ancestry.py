"""Genotypes of people from 26 populations at SNPs of two panels: ancestry_1000g."""

from __future__ import annotations

import numpy as np

from .common import Files

POPULATIONS = {
    "AFR": ["ACB", "ASW", "ESN", "GWD", "LWK", "MSL", "YRI"], "AMR": ["CLM", "MXL", "PEL", "PUR"],
    "EAS": ["CDX", "CHB", "CHS", "JPT", "KHV"], "EUR": ["CEU", "FIN", "GBR", "IBS", "TSI"],
    "SAS": ["BEB", "GIH", "ITU", "PJL", "STU"],
}  # fmt: skip
N_PEOPLE = 8  # of each population
KNOWN = {"rs2814778": "TC", "rs3827760": "AG", "rs1426654": "AG", "rs16891982": "CG", "rs12913832": "AG"}
PALINDROMIC = {"rs1871534": "GC", "rs17642714": "AT"}
N_KIDD, N_SELDIN, N_SHARED = 22, 32, 6
ADMIXED = {"ACB": "EUR", "ASW": "EUR", "CLM": "EUR", "MXL": "EUR", "PEL": "SAS", "PUR": "AFR"}


def drifted(p: np.ndarray, f: float, generator: np.random.Generator) -> np.ndarray:
    """Frequencies after drift: a beta distribution around the old ones (Balding and Nichols)."""
    return np.clip(generator.beta(p * (1 - f) / f, (1 - p) * (1 - f) / f), 0.02, 0.98)


def vcf(rows: list[tuple[str, str, int, str]], samples: list[str], genotypes: np.ndarray) -> str:
    lines = ["##fileformat=VCFv4.1", '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">']
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]))
    for (name, chromosome, position, letters), row in zip(rows, genotypes, strict=True):
        info = f"AC={row.sum()};AN={row.size}"
        calls = [f"{one}|{other}" for one, other in row]
        lines.append("\t".join([chromosome, str(position), name, *letters, "100", "PASS", info, "GT", *calls]))
    return "\n".join(lines) + "\n"


def table(
    rows: list[tuple[str, str, int, str]], samples: list[str], genotypes: np.ndarray, labels: list[tuple[str, str, str]]
) -> str:
    lines = [",".join(["sample", *(row[0] for row in rows), "population", "superpopulation", "gender"])]
    for person, (sample, label) in enumerate(zip(samples, labels, strict=True)):
        spelled = [row[3][a] + row[3][b] for row, (a, b) in zip(rows, genotypes[:, person], strict=True)]
        lines.append(",".join([sample, *spelled, *label]))
    return "\n".join(lines) + "\n"


def ancestry_1000g(generator: np.random.Generator) -> Files:
    """Phased genotypes by drift from common ancestors; some populations are mixtures of two superpopulations."""
    n_snps = N_KIDD + N_SELDIN - N_SHARED
    named = list((KNOWN | PALINDROMIC).items())
    named += [(f"rs{10_000_000 + 7919 * i}", str(generator.choice(["AG", "CT", "GT", "AC"]))) for i in range(n_snps)]
    rows = [
        (name, str(1 + i * 22 // n_snps), 1_000_000 + 1_500_000 * (i % 7), letters)
        for i, (name, letters) in enumerate(named[:n_snps])
    ]
    ancestral = generator.uniform(0.15, 0.85, n_snps)
    regional = {name: drifted(ancestral, 0.35, generator) for name in POPULATIONS}
    samples: list[str] = []
    labels: list[tuple[str, str, str]] = []
    people: list[np.ndarray] = []
    for region, populations in POPULATIONS.items():
        for name in populations:
            local = drifted(regional[region], 0.01, generator)
            for _ in range(N_PEOPLE):
                share = generator.beta(4, 2) if name in ADMIXED else 1.0
                other = regional[ADMIXED.get(name, region)]
                from_here = generator.random((n_snps, 2)) < share
                p = np.where(from_here, local[:, None], other[:, None])
                people.append((generator.random((n_snps, 2)) < p).astype(int))
                samples.append(f"HG{len(samples) + 10:05d}")
                labels.append((name, region, str(generator.choice(["female", "male"]))))
    order = generator.permutation(len(samples))
    samples, labels = [samples[i] for i in order], [labels[i] for i in order]
    genotypes = np.stack([people[i] for i in order], axis=1)  # (SNPs, people, 2)
    files: Files = {}
    for panel, part in {"kidd": slice(0, N_KIDD), "seldin": slice(N_KIDD - N_SHARED, n_snps)}.items():
        chosen = rows[part]
        files[f"{panel}.1kG.csv"] = table(chosen, samples, genotypes[part], labels)
        files[f"{panel}.aisnp.1kg.vcf"] = vcf(chosen, samples, genotypes[part])
        places = "".join(f"{row[0]}\t{row[1]}\t{row[2]}\n" for row in chosen)
        files[f"{panel}.aisnp.txt"] = "rsid\tchromosome\tposition\n" + places
    return files
