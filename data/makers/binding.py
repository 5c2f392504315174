"""Sites of transcription factors and the matrices of their motifs: chip_ctcf_pu1, jaspar2024, tfbs_gue."""

from __future__ import annotations

import numpy as np

from genodl_utils.sequences import reverse_complement
from genodl_utils.simulate import sample_motif

from .common import Files, fasta, letters, plant

# Counts of A, C, G, T (columns as in JASPAR: rows here), rounded motifs of the two factors.
CTCF = np.array(
    [[280, 50, 450, 135], [55, 800, 20, 35], [10, 900, 0, 2], [745, 15, 65, 90], [40, 530, 335, 10]]
    + [[110, 435, 50, 325], [850, 10, 30, 20], [5, 0, 905, 3], [335, 3, 565, 10], [55, 12, 505, 340]]
    + [[12, 0, 890, 8], [55, 8, 775, 70], [105, 735, 5, 65], [370, 15, 505, 15], [80, 480, 305, 35]]
)
SPI1 = np.array(
    [[665, 70, 230, 90], [825, 60, 105, 65], [815, 25, 100, 110], [85, 120, 800, 45], [900, 25, 95, 30]]
    + [[40, 5, 995, 12], [20, 8, 1010, 10], [1020, 10, 10, 10], [995, 10, 20, 30], [75, 70, 890, 15]]
    + [[170, 35, 50, 795], [100, 60, 835, 60], [230, 115, 575, 130]]
)
INSECT_CTCF = CTCF[3:13] // 2
CHROMOSOMES = [f"chr{number}" for number in range(1, 23)] + ["chrX"]


def site(counts: np.ndarray, generator: np.random.Generator) -> str:
    """One site of a motif on a random strand."""
    text = sample_motif(counts / counts.sum(axis=1, keepdims=True), 1, generator)[0]
    return text if generator.random() < 0.5 else reverse_complement(text)


def bound(counts: np.ndarray, length: int, gc: float, generator: np.random.Generator, *, spread: float = 7) -> str:
    """A window with a site near its middle."""
    start = round(length / 2 - len(counts) / 2 + generator.normal(0, spread))
    start = int(np.clip(start, 0, length - len(counts)))
    return plant(letters(length, generator, gc=gc), site(counts, generator), start)


def soft_masked(text: str, generator: np.random.Generator) -> str:
    """Some windows reach into a repeat, written in lower case."""
    if generator.random() < 0.7:
        return text
    cut = int(generator.integers(1, len(text)))
    return text[:cut].lower() + text[cut:] if generator.random() < 0.5 else text[:cut] + text[cut:].lower()


def chip_ctcf_pu1(generator: np.random.Generator) -> Files:
    """Windows of 100 letters under peaks of two factors; some are bound by both."""
    # More of chr8 and chr9 than in the real data, so that a split by chromosome leaves enough.
    weights = np.array([4 if name in ("chr1", "chr8", "chr9") else 1 for name in CHROMOSOMES], float)
    weights /= weights.sum()
    rows: dict[str, list[tuple[str, int, str]]] = {"ctcf": [], "pu1": []}
    place = 0
    for number in range(25):  # regions that both bind: the same interval, or two that overlap
        place, chromosome = place + 10_000, CHROMOSOMES[number % 23]
        shift = 0 if number < 5 else int(generator.integers(-40, 41))
        region = plant(bound(CTCF, 200, 0.53, generator), site(SPI1, generator), 118)
        rows["ctcf"].append((chromosome, place + 50, region[50:150]))
        rows["pu1"].append((chromosome, place + 50 + shift, region[50 + shift : 150 + shift]))
    for name, counts, gc in (("ctcf", CTCF, 0.55), ("pu1", SPI1, 0.47)):
        for _ in range(275):
            place += int(generator.integers(1_000, 90_000))
            chromosome = str(generator.choice(CHROMOSOMES, p=weights))
            here = float(np.clip(generator.normal(gc, 0.06), 0.3, 0.75))
            if generator.random() < 0.85:
                text = bound(counts, 100, here, generator)
            else:
                text = letters(100, generator, gc=here)
            rows[name].append((chromosome, place, text))
    files = {}
    for name, windows in rows.items():
        order = generator.permutation(len(windows))
        files[f"{name}.fa.gz"] = "".join(
            fasta(f"{chromosome}:{start}-{start + 100}", soft_masked(text, generator), 100)
            for chromosome, start, text in (windows[i] for i in order)
        )
    return files


def jaspar2024(generator: np.random.Generator) -> Files:
    """Matrices in the TRANSFAC format: the two planted in chip_ctcf_pu1, another one of the same name, and others."""
    matrices = [
        ("MA0080.7", "Spi1", SPI1, "vertebrates", "Tryptophan cluster factors", ""),
        ("MA0139.2", "CTCF", CTCF, "vertebrates", "C2H2 zinc finger factors", "ChIP-seq"),
        ("MA0531.2", "CTCF", INSECT_CTCF, "insects", "C2H2 zinc finger factors", "ChIP-chip"),
    ]
    groups = ["vertebrates"] * 10 + ["plants"] * 4 + ["insects", "fungi", "nematodes"]
    for number, group in enumerate(groups):
        width, total = int(generator.integers(5, 15)), int(generator.integers(20, 3000))
        shares = generator.dirichlet(np.full(4, 0.25), width)
        counts = np.round(shares * total, 0 if number % 6 else 2)
        if number % 2 == 0:  # columns of unequal sums
            counts[-1] = np.floor(counts[-1] * 0.6) + 1
        name = f"Sim{number + 1}" if number % 5 else f"Sim{number + 1}::Sim{number + 2}"
        kind = ["HT-SELEX", "ChIP-seq", "PBM", ""][number % 4]
        matrices.append((f"MA9{number + 1:03d}.{number % 3 + 1}", name, counts, group, "simulated", kind))
    return {
        "jaspar2024_core.transfac.gz": "".join(transfac(*matrix) for matrix in sorted(matrices, key=lambda m: m[0]))
    }


def transfac(accession: str, name: str, counts: np.ndarray, group: str, family: str, kind: str) -> str:
    lines = [f"AC {accession}", "XX", f"ID {name}", "XX", f"DE {accession} {name} ; From JASPAR", "PO\tA\tC\tG\tT"]
    lines += ["\t".join([f"{i:02d}", *(str(float(n)) for n in row)]) for i, row in enumerate(counts, 1)]
    lines += ["XX", f"CC tax_group:{group}", f"CC tf_family:{family}", f"CC tf_class:{family}", "CC pubmed_ids:"]
    return "\n".join([*lines, "CC uniprot_ids:", f"CC data_type:{kind}", "XX", "//"]) + "\n"


def tfbs_gue(generator: np.random.Generator) -> Files:
    """Five tasks of windows of 101 letters, bound (1) or not (0), of equal composition; duplicates in tasks 2 and 4."""
    files = {}
    for task, (gc, share) in enumerate([(0.66, 0.8), (0.65, 0.8), (0.67, 0.8), (0.48, 0.6), (0.62, 0.95)]):
        counts = generator.dirichlet(np.full(4, 0.12), 9) * 100 + 0.5 if task < 4 else CTCF + 1
        sizes = {"train": 400, "dev": 80, "test": 80} if task == 0 else {"train": 240, "dev": 60, "test": 60}
        parts = {}
        for part, n in sizes.items():
            rows = []
            for number in range(n):
                label, here = number % 2, float(np.clip(generator.normal(gc, 0.08), 0.3, 0.85))
                has_site = label == 1 and generator.random() < share
                window = bound(counts, 101, here, generator) if has_site else letters(101, generator, gc=here)
                rows.append((window, label))
            parts[part] = [rows[i] for i in generator.permutation(n)]
        if task in (2, 4):
            train, dev = parts["train"], parts["dev"]
            positives = [i for i, (_, label) in enumerate(train) if label == 1]
            copied = positives[: len(positives) // (3 if task == 4 else 20)]
            for number, i in enumerate(copied):  # several copies of a few
                train[i] = train[positives[-1 - number % (len(copied) // 2 + 1)]]
            bound_in_dev = [i for i, (_, label) in enumerate(dev) if label == 1]
            for number, i in enumerate(bound_in_dev[: len(copied) // 2]):
                dev[i] = train[copied[number]]
        for part, rows in parts.items():
            files[f"tf{task}_{part}.csv"] = "sequence,label\n" + "".join(f"{text},{label}\n" for text, label in rows)
    return files
