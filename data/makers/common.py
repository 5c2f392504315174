"""What all makers of samples share."""

from __future__ import annotations

import numpy as np

from genodl_utils.simulate import random_sequences

SEED = 20260101
Files = dict[str, str | bytes]  # text is compressed if the name ends in .gz, bytes are written as they are


def generator_for(name: str) -> np.random.Generator:
    """The generator of a data set: its own, so that no sample depends on which others are made."""
    return np.random.default_rng([SEED, *name.encode()])


def letters(n: int, generator: np.random.Generator, *, gc: float = 0.45) -> str:
    return random_sequences(1, n, gc=gc, seed=generator)[0]


def plant(text: str, motif: str, start: int) -> str:
    """Write a motif over the letters from `start` on."""
    return text[:start] + motif + text[start + len(motif) :]


def wrap(text: str, width: int, end: str = "\n") -> str:
    """Break a sequence into lines."""
    return "".join(text[i : i + width] + end for i in range(0, len(text), width))


def fasta(header: str, text: str, width: int, end: str = "\n") -> str:
    return f">{header}{end}{wrap(text, width, end)}"
