"""Long noisy reads of a small genome: lambda_nanopore."""

from __future__ import annotations

import numpy as np

from genodl_utils.sequences import reverse_complement

from .common import Files, fasta, letters, wrap

LENGTH = 5_000
N_READS, N_BAD = 30, 5


def noisy(text: str, level: float, generator: np.random.Generator) -> tuple[str, list[int]]:
    """A copy with substitutions, insertions and deletions, and qualities that know of them, though not exactly."""
    letters_out, qualities = [], []
    # Probability of an error at each place: it changes slowly along the read.
    drift = np.repeat(generator.normal(0, 0.5, len(text) // 20 + 1), 20)[: len(text)]
    probabilities = np.clip(level * np.exp(drift + generator.normal(0, 0.5, len(text))), 0.003, 0.7)
    for letter, probability in zip(text, probabilities, strict=True):
        quality = int(np.clip(round(-10 * np.log10(probability) + generator.normal(1, 1.5)), 1, 25))
        kind = generator.random() / probability  # below 1: an error
        if kind < 0.4:
            continue
        if kind < 0.75:
            letter = str(generator.choice([other for other in "ACGT" if other != letter]))
        letters_out.append(letter)
        qualities.append(quality)
        if 0.75 <= kind < 1:
            letters_out.append(str(generator.choice(list("ACGT"))))
            qualities.append(max(1, quality - 2))
    return "".join(letters_out), qualities


def lambda_nanopore(generator: np.random.Generator) -> Files:
    """Reads from both strands in lines of 80 letters; a few come from somewhere else."""
    reference = letters(LENGTH, generator, gc=0.5)
    records = []
    for number in range(1, N_READS + 1):
        n = int(generator.integers(800, 2_000))
        if number % (N_READS // N_BAD) == 4:
            text, qualities = noisy(letters(n, generator), 0.25, generator)
        else:
            start = int(generator.integers(-300, LENGTH - 500))  # reads reach over the ends
            piece = reference[max(0, start) : max(0, start) + n]
            piece = piece if generator.random() < 0.5 else reverse_complement(piece)
            text, qualities = noisy(piece, float(generator.uniform(0.05, 0.13)), generator)
        scores = "".join(chr(33 + quality) for quality in qualities)
        records.append(f"@{number}\n{wrap(text, 80)}+\n{wrap(scores, 80)}")
    return {
        "sample_reads.fastq.gz": "".join(records),
        "sample_reference.fasta.gz": fasta("NC_001416", reference, 80),
    }
