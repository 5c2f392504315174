"""Activity of CRISPR guides: crispr_deephf and crispr_doench2016."""

from __future__ import annotations

import numpy as np

from genodl_utils.sequences import reverse_complement

from .common import Files, letters

N_DEEPHF, N_SHARED, N_ESP = 700, 660, 700
GENES = {"GENE01": ("DRUG_A", "DRUG_B"), "GENE02": ("DRUG_A",)} | {f"GENE{n:02d}": ("nodrug",) for n in range(3, 9)}
DIRECT = "TTTT"  # ends the copying of a guide: the library leaves such guides out


def sites(text: str) -> list[str]:
    """All windows of 30 letters on both strands with the guide at 4 to 23 and GG at 25 and 26."""
    found = []
    for strand in (text, reverse_complement(text)):
        windows = (strand[i : i + 30] for i in range(len(strand) - 29))
        found += [window for window in windows if window[25:27] == "GG" and DIRECT not in window[4:24]]
    return found


def strength(guide: str) -> float:
    """Planted truth, about -2 to 3: the letters near the PAM count most, and extremes of GC content hurt."""
    gc = sum(letter in "GC" for letter in guide[:20])
    score = 1.0 + 0.9 * (guide[19] == "G") - 0.9 * (guide[19] == "T") - 0.5 * (guide[15] == "T")
    score += 0.5 * (guide[17:20] == guide[17:20].replace("T", "A")) - 1.2 * ("TTT" in guide[8:20])
    return score - 0.06 * (gc - 11) ** 2 + 0.4 * (guide[20] == "C")


def crispr_deephf(generator: np.random.Generator) -> Files:
    """Guides of two enzymes; neighbors of one gene overlap, and most guides were measured with both enzymes."""
    guides: dict[str, None] = {}
    while len(guides) < N_SHARED + 2 * (N_DEEPHF - N_SHARED):
        gene = sites(letters(250, generator, gc=0.5))
        chosen = [window[4:27] for window in gene if window[4] in "AG"]
        guides.update(dict.fromkeys(chosen[:6]))
    names = list(guides)[: N_SHARED + 2 * (N_DEEPHF - N_SHARED)]
    parts = {"WT": (names[:N_DEEPHF], 0.6), "ESP": (names[:N_SHARED] + names[N_DEEPHF:], -0.3)}
    files: Files = {}
    for name, (members, shift) in parts.items():
        lines = ["sgRNA,indel"]
        for guide in sorted(members):
            value = 1 / (1 + np.exp(-(strength(guide) + shift + 0.4 * generator.normal())))
            lines.append(f"{guide},{value:.9f}")
        files[f"{name}.csv"] = "\n".join(lines) + "\n"
    return files


def crispr_doench2016(generator: np.random.Generator) -> Files:
    """Guides of eight genes, some of them under two drugs: the same 30 letters then stand in two rows."""
    header = "30mer,Target gene,Percent Peptide,Amino Acid Cut position,score_drug_gene_rank"
    lines = [f",{header},score_drug_gene_threshold,drug,predictions"]
    for gene, drugs in GENES.items():
        windows = list(dict.fromkeys(sites(letters(420, generator, gc=0.5))))[:36]
        for drug in drugs:
            noisy = np.array([strength(window[4:27]) for window in windows]) + 0.7 * generator.normal(size=len(windows))
            ranks = noisy.argsort().argsort() / (len(windows) - 1)
            for window, rank in zip(windows, ranks, strict=True):
                place, seen = generator.uniform(0, 100), 0.5 * rank + 0.25
                row = [window, gene, f"{place:.2f}", f"{5 * place:.1f}", f"{rank:.9f}", str(int(rank > 0.8)), drug]
                lines.append(f"{len(lines) - 1}," + ",".join(row) + f",{seen:.15f}")
    return {"FC_plus_RES_withPredictions.csv": "\n".join(lines) + "\n"}
