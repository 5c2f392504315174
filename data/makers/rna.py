"""Non-coding RNA of 13 classes: ncrna_nrc13."""

from __future__ import annotations

import numpy as np

from .common import Files, fasta, letters, plant

# Class: shortest and longest, families in training, families in the test part that are not in training.
CLASSES = {
    "5S_rRNA": (100, 130, 1, 0), "5_8S_rRNA": (110, 170, 1, 0), "tRNA": (65, 90, 1, 0), "ribozyme": (43, 300, 3, 0),
    "CD-box": (60, 120, 6, 2), "miRNA": (56, 130, 6, 2), "Intron_gpI": (160, 300, 1, 0), "Intron_gpII": (62, 120, 2, 0),
    "HACA-box": (100, 180, 5, 1), "riboswitch": (60, 200, 4, 0), "IRES": (55, 300, 3, 0), "leader": (40, 180, 4, 0),
    "scaRNA": (80, 200, 2, 0),
}  # fmt: skip
N_TRAIN, N_TEST = 16, 6


def mutated(motif: str, generator: np.random.Generator, rate: float) -> str:
    return "".join(str(generator.choice(list("ACGT"))) if generator.random() < rate else letter for letter in motif)


def ncrna_nrc13(generator: np.random.Generator) -> Files:
    """Sequences of unequal length; a class has motifs in a fixed order, a family has a further one of its own."""
    parts: dict[str, list[tuple[str, str]]] = {"train": [], "test": [], "12": []}
    family_number = 0
    for label, (shortest, longest, n_families, n_unseen) in CLASSES.items():
        motifs = [letters(11, generator, gc=0.5) for _ in range(2)]
        families = {}
        for _ in range(n_families + n_unseen):
            family_number += 1
            families[f"RF{family_number:05d}"] = letters(12, generator, gc=0.5)
        names = list(families)

        def draw(name: str, span=(shortest, longest), motifs=motifs, families=families) -> str:
            length = int(generator.integers(*span))
            text, quarter = letters(length, generator, gc=0.5), length // 4
            for number, motif in enumerate([motifs[0], families[name], motifs[1]]):
                start = min(number * quarter + int(generator.integers(0, max(1, quarter - 10))), length - 12)
                text = plant(text, mutated(motif, generator, 0.1), start)
            return text

        n_train = 11 if label == "IRES" else N_TRAIN  # the rare class
        train = [(name, draw(name)) for name in (names[i % n_families] for i in range(n_train))]
        test = [(name, draw(name)) for name in (names[-1 - i % len(names)] for i in range(N_TEST))]
        if label in ("scaRNA", "IRES", "leader", "Intron_gpII"):  # the same sequence on both sides
            test[:2] = train[:2]
        for part, rows in (("train", train), ("test", test)):
            for number, (name, text) in enumerate(rows):
                if number % 16 == 5:
                    place = int(generator.integers(len(text)))
                    text = plant(text, str(generator.choice(list("NNNRYK"))), place)
                accession = "".join(map(str, generator.choice(list("ABCDEFGHJKLMNPQRSTUVWXYZ"), 2)))
                start = int(generator.integers(1, 5000))
                header = (
                    f"{name}_{accession}{generator.integers(10**5, 10**6)}_1_{start}-{start + len(text) - 1} {label}"
                )
                parts[part].append((header, text))
                if part == "test" and label != "scaRNA":
                    parts["12"].append((header, text))
    names = {"train": "6320_13classes", "test": "validated_2600_13classes", "12": "validated_2400_12classes"}
    return {
        f"dataset_Rfam_{names[part]}.fasta": "".join(fasta(header, text, 60, "\r\n") for header, text in rows)
        for part, rows in parts.items()
    }
