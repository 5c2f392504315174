"""Protein structure: secondary structure of chains, and domains with their alignments."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from .common import Files, fasta

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
FAVORED = {"H": "AELKQMR", "E": "VITYFW", "C": "GPNDS"}
NAMES = dict(
    zip(
        AMINO_ACIDS,
        "ALA CYS ASP GLU PHE GLY HIS ILE LYS LEU MET ASN PRO GLN ARG SER THR VAL TRP TYR".split(),
        strict=True,
    )
)
# Family, title, structure, SCOP class: names of the real set, everything else is simulated.
DOMAINS = (
    ("PF00226", "DnaJ", "2O37", "a"), ("PF00249", "Myb_DNA-binding", "1GUU", "a"),
    ("PF00486", "Trans_reg_C", "2ZXJ", "a"),
    ("PF00072", "Response_reg", "1MVO", "a/b"), ("PF00076", "RRM_1", "2X1B", "a+b"),
    ("PF00708", "Acylphosphatase", "3BR8", "a+b"), ("PF00041", "Fn3", "1TEN", "b"), ("PF07679", "I-set", "1U2H", "b"),
)  # fmt: skip


def states(length: int, generator: np.random.Generator) -> str:
    """Segments of helix and strand with coil between them."""
    text = "C" * int(generator.integers(2, 6))
    while len(text) < length:
        kind = str(generator.choice(["H", "E"]))
        text += kind * int(generator.integers(7, 16) if kind == "H" else generator.integers(4, 8))
        text += "C" * int(generator.integers(2, 7))
    return text[:length]


def letters_for(text: str, generator: np.random.Generator) -> str:
    """Amino acids that favor the states, half of the time."""
    return "".join(
        str(generator.choice(list(FAVORED[state] if generator.random() < 0.5 else AMINO_ACIDS))) for state in text
    )


def flip_secondary_structure(generator: np.random.Generator) -> Files:
    """Three FASTA files in a zip; unresolved ends carry coil, odd letters, a test chain with a relative in training."""
    records: dict[str, list[str]] = {"sequences": [], "sampled": [], "mask": []}
    first = ""
    for number in range(170):
        part = "test" if number >= 150 else "train"
        truth = states(int(generator.integers(24, 110)), generator)
        sequence = letters_for(truth, generator)
        if number == 0:
            first, first_truth = sequence, truth
        if number == 150:  # a relative across the split
            sequence, truth = first[:20] + letters_for(first_truth[20:], generator), first_truth
        if number % 40 == 3:
            sequence = "X" + sequence[1:]
        mask = np.ones(len(sequence), int)
        mask[: int(generator.integers(0, 5))] = 0
        mask[len(mask) - int(generator.integers(0, 4)) :] = 0
        shown = "".join(state if seen else "C" for state, seen in zip(truth, mask, strict=True))
        name = f"{number % 9 + 1}s{number:03d}-A"[:8]
        validation = part == "train" and number % 8 == 7
        records["sequences"].append(fasta(name, sequence, 2000))
        records["sampled"].append(fasta(f"{name} SET={part} VALIDATION={validation}", shown, 2000))
        records["mask"].append(fasta(name, "".join(map(str, mask)), 2000))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, texts in records.items():
            entry = zipfile.ZipInfo(f"splits/{name}.fasta", date_time=(2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, "".join(texts))
    return {"splits.zip": packed.getvalue()}


def coiled(text: str, generator: np.random.Generator) -> np.ndarray:
    """Alpha carbons (n, 3) of a compact chain: a random walk with steps of 3.8 Angstrom that is drawn to its middle."""
    points = [np.zeros(3)]
    for _ in text[1:]:
        tries = generator.normal(size=(30, 3))
        tries = points[-1] + 3.8 * tries / np.linalg.norm(tries, axis=1, keepdims=True)
        gap = np.min(np.linalg.norm(tries[:, None] - np.array(points)[None], axis=2), axis=1)
        cost = np.linalg.norm(tries - np.mean(points, axis=0), axis=1) + 50 * (gap < 3.6)
        points.append(tries[np.argmin(cost)])
    return np.array(points)


def atom_line(serial: int, name: str, letter: str, number: int, point: np.ndarray, other: str = " ") -> str:
    x, y, z = point
    return (
        f"ATOM  {serial:5d}  {name:<3s}{other}{NAMES[letter]} A{number:4d}    {x:8.3f}{y:8.3f}{z:8.3f}"
        f"  1.00 20.00           {name[0]}  \n"
    )


def kortemme40_contacts(generator: np.random.Generator) -> Files:
    """Eight domains: more residues than mapped, one without alpha carbon, gaps, odd letters, alternative places."""
    files: Files = {}
    listing = "#\n#Pfam ID,Pfam Name,Total # of sequences,PDB ID,Amino acid length,SCOP class\n"
    for family, title, pdb, kind in DOMAINS:
        length = int(generator.integers(28, 36))
        truth = states(length, generator)
        native = letters_for(truth, generator)
        alpha = coiled(native, generator)
        away = alpha - alpha.mean(axis=0)
        beta = alpha + 1.5 * away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1)
        gaps = np.linalg.norm(beta[:, None] - beta[None], axis=2)
        contacts = [(i, j) for i in range(length) for j in range(i + 6, length) if gaps[i, j] < 8]
        shift, chain, serial = int(generator.integers(2, 300)), "", 0
        chain += atom_line(1, "C", "G", shift - 1, alpha[0] - 3)  # a residue without alpha carbon
        for i, letter in enumerate(native):
            for name, point in (("CA", alpha[i]), ("CB", beta[i])):
                if name == "CB" and letter == "G":
                    continue
                serial += 1
                both = i == 5 and name == "CB"
                chain += atom_line(serial, name, letter, shift + i, point, "A" if both else " ")
                if both:
                    chain += atom_line(serial, name, letter, shift + i, point + 1, "B")
        mapped = range(1, length - 2)
        relatives = ""
        for number in range(40):
            row = list(native)
            for place in np.flatnonzero(generator.random(length) < 0.4):
                row[place] = str(generator.choice(list(FAVORED[truth[place]])))
            for i, j in contacts:  # contacts vary together
                if generator.random() < 0.3:
                    row[i], row[j] = ("K", "E") if generator.random() < 0.5 else ("L", "V")
            text = "".join("-" if generator.random() < 0.05 else a for a in row)[1 : length - 2]
            text = text if number % 20 else "X" + text[1:]
            relatives += f">S{number:05d}_SIMUL/1-{length}\n-{text}-\n"
        files[f"input/domains/{family}/{pdb}_A.pdb"] = chain
        files[f"analysis/natural_alignments/{family}.align.80"] = relatives
        rows = [f"{i}\t{native[i]}\t{i + 1}\t{shift + i} A\t{i}\n" for i in mapped]
        files[f"analysis/indices/{pdb}_A.indices"] = "# simulated\n" + "".join(rows)
        listing += f"{family},{title},40,{pdb},{len(mapped)},{kind}\n"
    files["input/csv/domains.csv"] = listing
    return files
