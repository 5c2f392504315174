"""Reads of a small genome: lambda_nanopore (long and noisy) and lambda_illumina (short, of a mixed population)."""

from __future__ import annotations

import numpy as np

from genodl_utils.sequences import reverse_complement

from .common import Files, fasta, generator_for, letters, wrap

LENGTH = 5_000
N_READS, N_BAD = 30, 5
SHORT_LENGTH, N_SHORT, SHORT = 2_500, 3_000, 35


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
    """Reads from both strands in lines of 80 letters, a few from somewhere else; the draft is the other strand."""
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
    # A generator of its own for the draft, so that it changes nothing in the reads.
    draft, _ = noisy(reference[60:-40], 0.12, generator_for("lambda_nanopore draft"))
    return {
        "sample_layout.fasta.gz": fasta("utg000001l", reverse_complement(draft), 80),
        "sample_reads.fastq.gz": "".join(records),
        "sample_reference.fasta.gz": fasta("NC_001416", reference, 80),
    }


def lambda_illumina(generator: np.random.Generator) -> Files:
    """Short reads with errors and unknown letters; a repeat; variants of which one is in part of the reads only."""
    reference = letters(SHORT_LENGTH, generator, gc=0.5)
    reference = reference[:1_800] + reference[400:480] + reference[1_880:]  # longer than a read
    snps = {at: str(generator.choice([b for b in "ACGT" if b != reference[at]])) for at in (700, 1_200, 2_100)}
    common = "".join(snps.get(i, letter) if i != 1_200 else letter for i, letter in enumerate(reference))
    rare = "".join(snps.get(i, letter) for i, letter in enumerate(reference))
    records: list[str] = []
    for number in range(N_SHORT):
        genome = rare if generator.random() < 0.3 else common
        start = int(generator.integers(0, len(genome) - SHORT + 1))
        text = genome[start : start + SHORT]
        text = text if generator.random() < 0.5 else reverse_complement(text)
        n_good = SHORT if generator.random() < 0.8 else int(generator.integers(15, SHORT))
        wrong = generator.random(SHORT) < np.where(np.arange(SHORT) < n_good, 0.004, 0.1)
        text = "".join(str(generator.choice(list("ACGTN"))) if w else c for c, w in zip(text, wrong, strict=True))
        records.append(f"@S:1:1:{number}#0/1\n{text}\n+\n{'B' * n_good + '#' * (SHORT - n_good)}\n")
    header = f"LOCUS       NC_001416            {SHORT_LENGTH:>7} bp    DNA     linear   PHG 21-APR-2009\n"
    body = "".join(
        f"{i + 1:>9} {' '.join(reference[j : j + 10].lower() for j in range(i, min(i + 60, SHORT_LENGTH), 10))}\n"
        for i in range(0, SHORT_LENGTH, 60)
    )
    frequencies = {700: 1, 1_200: 0.3, 2_100: 1}
    lines = [
        f"SNP\t{i}\t{i + 10}\tNC_001416\t{at + 1}\t{letter}\tfrequency={frequencies[at]:.3e}"
        for i, (at, letter) in enumerate(snps.items(), 1)
    ]
    return {
        "lambda.gbk": f"{header}DEFINITION  Simulated phage.\nACCESSION   NC_001416\nVERSION     NC_001416.1\n"
        f"FEATURES             Location/Qualifiers\n     source          1..{SHORT_LENGTH}\nORIGIN\n{body}//\n",
        "lambda_polymorphism_expected.gd": "#=GENOME_DIFF\t1.0\n" + "\n".join(lines) + "\n",
        "lambda_mixed_population.A.fastq.gz": "".join(records[: N_SHORT // 2]),
        "lambda_mixed_population.B.fastq.gz": "".join(records[N_SHORT // 2 :]),
    }
