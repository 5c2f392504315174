"""Human promoters and enhancers: promoter_gue, enhancer_ienhancer."""

from __future__ import annotations

import numpy as np

from genodl_utils.sequences import reverse_complement

from .common import Files, letters, plant

START = 33  # letters of a window before the start of transcription
CHROMOSOMES = [f"chr{number}" for number in range(1, 23)] + ["chrX"]
ACTIVATORS = ("TGACTCA", "TTGCGCAA", "CAGCTG")  # words of enhancers, as bound by well-known factors
POLY_A = "AAAATTAGCCAAAAAAATTAGAAAATAAAA"  # a repeat that stands in many places


def core_promoter(generator: np.random.Generator) -> str:
    """A window of 70 letters with a start of transcription; some have a TATA box, others a GC box."""
    text = letters(70, generator, gc=float(np.clip(generator.normal(0.62, 0.08), 0.3, 0.85)))
    text = plant(text, str(generator.choice(["CA", "CA", "TA", "CG"])), START - 1)
    if generator.random() < 0.25:
        return plant(text, "TATAAA", START - 31 + int(generator.integers(0, 3)))
    return plant(text, "GGGCGG", int(generator.integers(0, 20))) if generator.random() < 0.5 else text


def promoter_gue(generator: np.random.Generator) -> Files:
    """Core promoters (1) and other windows (0); some starts lie a few letters apart, so that windows overlap."""
    rows = []
    while len(rows) < 560:
        if len(rows) % 2:
            text = letters(70, generator, gc=float(np.clip(generator.normal(0.54, 0.08), 0.3, 0.85)))
        else:
            text = core_promoter(generator)
        rows.append((text, 1 - len(rows) % 2))
    for number in range(20):  # a second start of the same gene, further right
        text, shift = rows[2 * number][0], int(generator.integers(3, 30))
        rows.append((text[shift:] + letters(shift, generator, gc=0.6), 1))
    rows += [rows[2 * number + 40] for number in range(12)]  # copies
    rows += [(reverse_complement(rows[2 * number + 80][0]), 1) for number in range(8)]
    rows = [rows[i] for i in generator.permutation(len(rows))]
    parts = {"train": rows[:400], "dev": rows[400:500], "test": rows[500:]}
    return {
        f"prom_core_all_{part}.csv": "sequence,label\n" + "".join(f"{text},{label}\n" for text, label in rows)
        for part, rows in parts.items()
    }


def enhancer(strength: float, generator: np.random.Generator) -> str:
    """A window of 200 letters; the stronger it is, the more G and C and words of activators it has."""
    text = letters(200, generator, gc=float(np.clip(generator.normal(0.37 + 0.14 * strength, 0.06), 0.2, 0.8)))
    for _ in range(int(generator.binomial(5, strength / 2))):
        text = plant(text, str(generator.choice(ACTIVATORS)), int(generator.integers(0, 190)))
    if generator.random() < 0.15:
        text = plant(text, POLY_A, int(generator.integers(0, 170)))
    return text


def soft_masked(text: str, share: float, generator: np.random.Generator) -> str:
    """Some windows are a repeat, written in lower case."""
    return text.lower() if generator.random() < share else text


def enhancer_ienhancer(generator: np.random.Generator) -> Files:
    """Benchmark and test files; all strong enhancers of the test files are copies, and only the benchmark is masked."""
    kinds = {"Strong": (1.0, 48, 20, 0.13), "Weak": (0.6, 48, 20, 0.38), "Non": (0.0, 96, 40, 0.56)}
    files, place = {}, 10_000
    for kind, (strength, n_benchmark, n_test, masked) in kinds.items():
        benchmark, test = [], []
        for number in range(n_benchmark + n_test):
            place += int(generator.integers(300, 90_000))
            text, chromosome = enhancer(strength, generator), str(generator.choice(CHROMOSOMES))
            if number < n_benchmark:
                header = f"{chromosome}_{place}_{place + 200}"
                benchmark.append((header, text))
            elif kind != "Strong":
                span = f"{chromosome}:{place}-{place + 3000}"
                test.append((f"hg19_ct_UserTrack_3545_{number} range={span} strand=+ repeatMasking=none_0", text))
        if kind == "Strong":
            test = [(header.replace("chr", "Chr"), text) for header, text in benchmark[::2][:n_test]]
        name = f"{kind}Enhancer.txt"
        soft = [(header, soft_masked(text, masked, generator)) for header, text in benchmark]
        files[f"B_{name}"] = "".join(f">{header}\r\n{text}\r\n" for header, text in soft)
        files[f"I_{name}"] = "".join(f">{header}\r\n{text}\r\n" for header, text in test)
    for part in "BI":
        files[f"{part}_Enhancer.txt"] = files[f"{part}_StrongEnhancer.txt"] + files[f"{part}_WeakEnhancer.txt"]
    return files
