"""Pathways and sets of genes: reactome_hierarchy, msigdb_h_reactome."""

from __future__ import annotations

import re

import numpy as np

from .common import Files, generator_for
from .tumors import ARMS, DRIVERS, PASSENGERS, PROGRAMS

# Root: level 1: level 2, with genes that belong to a pathway of level 2 for certain. Two pathways of level 2 have no
# set in the other data set, and one pathway has two parents.
TREE: dict[str, dict[str, dict[str, str]]] = {
    "Signal Transduction": {
        "Intracellular signaling by second messengers": {
            "PIP3 activates AKT signaling": "PTEN PIK3R1 PIK3CA PPP2R1A AKT2 AKT3 MTOR FOXO1 FOXO3",
            "DAG and IP3 signaling": "PRKACA",
        },
        "Signaling by WNT": {
            "TCF dependent signaling in response to WNT": "CTNNB1 APC AXIN1 AXIN2 PPP2R1A BCL9 LRP6 DVL3",
            "Degradation of beta-catenin": "CTNNB1 BTRC CUL1",
        },
        "MAPK family signaling cascades": {"MAPK1/MAPK3 signaling": "KRAS EGFR ERBB2 FGFR2"},
    },
    "Gene expression (Transcription)": {
        "RNA Polymerase II Transcription": {
            "Transcriptional Regulation by TP53": "TP53 ATM ATR CHEK2 PTEN",
            "Transcriptional regulation by RUNX1": "CTCF KMT2D",
        },
        "Gene Silencing by RNA": {"Small interfering RNA (siRNA) biogenesis": "AGO1 AGO2 AGO3"},
    },
    "Cell Cycle": {
        "Cell Cycle, Mitotic": {"M Phase": "AURKA PLK1", "S Phase": "CDK1 CCNE1 RB1"},
        "Cell Cycle Checkpoints": {"G2/M Checkpoints": "TP53 CHEK1 CDK1", "Mitotic Spindle Checkpoint": "BUB1"},
    },
    "Chromatin organization": {"Chromatin modifying enzymes": {"HATs acetylate histones": "ARID1A EP300 CREBBP"}},
    "DNA Repair": {
        "DNA Double-Strand Break Repair": {"Homology Directed Repair": "BRCA1 BRCA2 ATM BLM EXO1"},
        "Mismatch Repair": {},
    },
    "Immune System": {
        "Innate Immune System": {"Toll-like Receptor Cascades": "JUN FOS", "Ca2+ pathway": ""},
        "Cytokine Signaling in Immune system": {"Interferon Signaling": "STAT1 IRF1", "FLT3 Signaling": "KIT"},
        "Adaptive Immune System": {"TCR signaling": "CD74 FYN"},
    },
    "Disease": {
        "Diseases of signal transduction by growth factor receptors and second messengers": {
            "PI3K/AKT Signaling in Cancer": "PTEN PIK3CA PIK3R1 AKT3",
            "Signaling by WNT in cancer": "CTNNB1 APC",
            "FBXW7 Mutants and NOTCH1 in Cancer": "FBXW7 NOTCH3",
        },
        "Infectious disease": {"Influenza Infection": "NA HA"},
    },
    "Neuronal System": {"Transmission across Chemical Synapses": {"Neurotransmitter clearance": ""}},
}
TWO_PARENTS = ("Degradation of beta-catenin", "Cell Cycle, Mitotic")
NOT_IN_MSIGDB = ("DAG and IP3 signaling", "Neurotransmitter clearance")
HALLMARKS = {
    "HALLMARK_E2F_TARGETS": "cell cycle", "HALLMARK_INTERFERON_GAMMA_RESPONSE": "interferon",
    "HALLMARK_EPITHELIAL_MESENCHYMAL_TRANSITION": "stroma", "HALLMARK_TNFA_SIGNALING_VIA_NFKB": "inflammation",
    "HALLMARK_KRAS_SIGNALING_UP": "growth", "HALLMARK_ESTROGEN_RESPONSE_EARLY": "hormones",
}  # fmt: skip
RENAMED = {"DEC1": "BHLHE40"}  # an old name in the sets, and the new one
SPECIES = {"R-BTA": "Bos taurus", "R-HSA": "Homo sapiens", "R-MMU": "Mus musculus"}


def measured() -> list[str]:
    """The genes of the tumors."""
    texts = [PASSENGERS, *ARMS.values(), *PROGRAMS.values()]
    return sorted({gene for text in texts for gene in text.split()} | set(DRIVERS))


def sets() -> dict[tuple[str, str, str], list[str]]:
    """Genes of each pathway of level 2, by (root, level 1, level 2); the same for both data sets."""
    generator, genes, drawn = generator_for("pathways"), measured(), {}
    for root, parents in TREE.items():
        for parent, children in parents.items():
            for child, known in children.items():
                size = int(generator.integers(8, 24))
                extra = [str(gene) for gene in generator.choice(genes, size, replace=False) if gene not in DRIVERS]
                drawn[root, parent, child] = sorted({*known.split(), *extra})
    return drawn


def as_set(members: list[str]) -> str:
    """Write genes as Python prints a set, in a fixed order."""
    return "{" + ", ".join(f"'{member}'" for member in members) + "}"


def row(*cells: str) -> str:
    return ",".join(f'"{cell}"' if "," in cell else cell for cell in cells) + "\n"


def reactome_hierarchy(generator: np.random.Generator) -> Files:
    """Pathways of three species, their parents, and genes of the pathways right below the roots."""
    members, genes = sets(), measured()
    names = list(
        dict.fromkeys(
            name
            for root, parents in TREE.items()
            for name in (root, *parents, *(c for p in parents.values() for c in p))
        )
    )
    numbers = dict(zip(names, generator.choice(np.arange(10_000, 999_999), len(names), replace=False), strict=True))
    numbers = {name: int(number) for name, number in numbers.items()}
    pairs = [(root, parent) for root, parents in TREE.items() for parent in parents]
    pairs += [(parent, child) for _, parent, child in members] + [TWO_PARENTS[::-1]]
    level_1 = {}
    for _, parent in pairs[: sum(map(len, TREE.values()))]:
        below = [gene for (_, p, _), listed in members.items() if p == parent for gene in listed]
        level_1[parent] = sorted({*below, *map(str, generator.choice(genes, 8, replace=False))})
    level_1["Infectious disease"] = sorted({*level_1["Infectious disease"], "1B", "Diphtheria toxin", "HA", "NA"})
    pathways = "".join(
        f"{code}-{numbers[name]}\t{name}\t{species}\n" for code, species in SPECIES.items() for name in names
    )
    relations = "Parent;Child\n" + "".join(
        f"{code}-{numbers[parent]};{code}-{numbers[child]}\n" for code in SPECIES for parent, child in pairs
    )
    by_gene: dict[str, list[str]] = {}
    for parent, listed in level_1.items():
        for gene in listed:
            by_gene.setdefault(gene, []).append(parent)
    first = [(f"R-HSA-{numbers[name]}", name) for name in sorted(level_1)]
    return {
        "ReactomePathways.txt": pathways,
        "ReactomePathwaysRelation.txt": relations,
        "pathways_l1.csv": "PathwayID,PathwayName,Layer\n" + "".join(row(*pair, "1") for pair in first),
        "pathways_to_genes.csv": "PathwayID,PathwayName,Layer,Genes\n"
        + "".join(row(code, name, "1", as_set(level_1[name])) for code, name in first),
        "genes_to_pathways.csv": "Genes,PathwayID,PathwayName\n"
        + "".join(
            row(gene, as_set([f"R-HSA-{numbers[name]}" for name in listed]), as_set(listed))
            for gene, listed in sorted(by_gene.items())
        ),
        "hgncID_to_symbol.tsv": "HGNC ID\tApproved symbol\n"
        + "".join(f"HGNC:{5 + 3 * number}\t{gene}\n" for number, gene in enumerate([*genes, *RENAMED.values()])),
    }


def msigdb_h_reactome(generator: np.random.Generator) -> Files:
    """Sets in GMT format: name, address, genes, with tabs between them; parents hold the genes of their children."""
    hallmarks = {}
    for name, program in HALLMARKS.items():
        extra = generator.choice(measured(), 6, replace=False)
        hallmarks[name] = [*PROGRAMS[program].split(), *map(str, extra), *RENAMED]
    pathways: dict[str, list[str]] = {}
    for (root, parent, child), listed in sets().items():
        for name in (root, parent, child):
            if name not in NOT_IN_MSIGDB:
                pathways.setdefault(name, []).extend(listed)
    pathways["A pathway that was renamed"] = sorted(PROGRAMS["growth"].split())
    names = {name: re.sub(r"[^A-Z0-9:]+", "_", name.upper().replace("+", "PLUS")).strip("_") for name in pathways}
    reactome = {f"REACTOME_{names[name]}": listed for name, listed in pathways.items()}
    return {"h.all.v7.0.symbols.gmt": gmt(hallmarks), "c2.cp.reactome.v7.0.symbols.gmt": gmt(reactome)}


def gmt(listed: dict[str, list[str]]) -> str:
    address = "http://www.gsea-msigdb.org/gsea/msigdb/cards/"
    return "".join("\t".join([name, address + name, *dict.fromkeys(genes)]) + "\n" for name, genes in listed.items())
