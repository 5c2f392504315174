"""Reference alignments and pairs of genomes: balibase3, mtdna_human_orang, maf_blocks."""

from __future__ import annotations

import numpy as np
from Bio.Align import substitution_matrices

from genodl_utils.sequences import reverse_complement

from .common import Files, fasta, letters, plant, wrap

AMINO_ACIDS = "ARNDCQEGHILKMFPSTWYV"
FREQUENCIES = np.array([74, 52, 45, 54, 25, 34, 54, 74, 26, 68, 99, 58, 25, 47, 39, 57, 51, 13, 32, 73]) / 1000
FAMILIES = {  # share of the residues that a descendant redraws, for each family
    **{f"RV11_BB110{number:02d}": 0.75 for number in (1, 2, 4, 6, 11, 13)},
    **{f"RV12_BB120{number:02d}": 0.5 for number in (2, 3, 6, 9, 20, 35)},
}
COPY = ("RV11_BB11006", "RV12_BB12006")  # the second family holds two proteins of the first, as in the real files
SPECIES = {  # share of the letters that differ from the mouse, chromosome or scaffold, strand
    "hg18": (0.30, "chr6", "-", 170899992),
    "panTro2": (0.30, "chr6", "-", 173908612),
    "ponAbe2": (0.30, "chr6", "-", 174210431),
    "canFam2": (0.33, "chr1", "-", 125616256),
    "cavPor2": (0.28, "scaffold_290371", "-", 39932),
    "ornAna1": (0.40, "chrX1", "+", 45541551),
}


def redrawing() -> np.ndarray:
    """Probability of each amino acid given the one that it replaces, after BLOSUM62."""
    matrix = substitution_matrices.load("BLOSUM62")
    scores = np.array([[matrix[a][b] for b in AMINO_ACIDS] for a in AMINO_ACIDS])
    shares = FREQUENCIES * 2 ** (scores / 2) * (1 - np.eye(20))
    return shares / shares.sum(axis=1, keepdims=True)


def family(n_proteins: int, change: float, generator: np.random.Generator) -> list[str]:
    """Aligned rows of the descendants of one protein, with dots for gaps."""
    length = int(generator.integers(60, 110))
    ancestor = generator.choice(20, length, p=FREQUENCIES)
    rate = np.clip(generator.gamma(1.2, change / 1.2, length), 0, 0.95)  # some positions are kept, some are not
    table = redrawing()
    kept, inserted = [], []
    for _ in range(n_proteins):
        drawn = [generator.choice(20, p=table[letter]) for letter in ancestor]
        row = np.where(generator.random(length) < rate, drawn, ancestor)
        text = [AMINO_ACIDS[letter] for letter in row]
        for start in generator.integers(5, length - 5, generator.poisson(1.2)):
            for position in range(start, min(start + generator.geometric(0.35), length - 5)):
                text[position] = "."
        extra = {}
        for start in generator.integers(5, length - 5, generator.poisson(1.0)):
            extra[int(start)] = "".join(generator.choice(list(AMINO_ACIDS), generator.geometric(0.3), p=FREQUENCIES))
        kept.append(text)
        inserted.append(extra)
    rows = [""] * n_proteins
    for position in range(length):
        for row_number, text in enumerate(kept):
            rows[row_number] += text[position]
        for row_number, extra in enumerate(inserted):
            if position in extra:
                for other in range(n_proteins):
                    new = extra[position]
                    rows[other] += new if other == row_number else "." * len(new)
    return rows


def write_msf(names: list[str], rows: list[str]) -> str:
    """The alignment in the format of the program PileUp, in blocks of five times ten columns."""
    length = len(rows[0])
    lines = ["PileUp", "", "", "", f"   MSF: {length:4d}  Type: P    Check:  1234   .. ", ""]
    lines += [f" Name: {name} oo  Len: {length:4d}  Check:  1234  Weight:  10.0" for name in names]
    lines += ["", "//", "", "", ""]
    for start in range(0, length, 50):
        for name, row in zip(names, rows, strict=True):
            lines.append(f"{name:12s}" + wrap(row[start : start + 50], 10, " "))
        lines += ["", ""]
    return "\n".join(lines) + "\n"


def balibase3(generator: np.random.Generator) -> Files:
    """Twelve families, each as unaligned proteins (.tfa) and as their alignment (.msf)."""
    files: Files = {}
    shared: list[tuple[str, str]] = []
    for name, change in FAMILIES.items():
        rows = family(int(generator.integers(4, 7)), change, generator)
        names = [f"{int(generator.integers(1, 9))}{''.join(generator.choice(list('abcdegh'), 3))}_A" for _ in rows]
        names = [names[0], *(f"P{int(generator.integers(1000, 9999))}_{i}" for i in range(1, len(rows)))]
        if name == COPY[0]:
            shared = [(n, row) for n, row in zip(names, rows, strict=True)]
            rows[0] = rows[0].replace(rows[0][3], "X", 1)  # a residue that the structure does not name
        elif name == COPY[1]:
            # The same columns, half of the rows known from the other family, the rest new.
            new = family_of(shared[1][1], 3, change, generator)
            names = [n for n, _ in shared[1:3]] + names[:3]
            rows = [row for _, row in shared[1:3]] + new
        files[f"{name}.msf"] = write_msf(names, rows)
        files[f"{name}.tfa"] = "".join(fasta(n, row.replace(".", ""), 50) for n, row in zip(names, rows, strict=True))
    return files


def family_of(row: str, n_proteins: int, change: float, generator: np.random.Generator) -> list[str]:
    """More relatives of one aligned row, in the same columns."""
    table = redrawing()
    return [
        "".join(
            AMINO_ACIDS[generator.choice(20, p=table[AMINO_ACIDS.index(letter)])]
            if letter in AMINO_ACIDS and generator.random() < change
            else letter
            for letter in row
        )
        for _ in range(n_proteins)
    ]


def mutated(text: str, rates: np.ndarray, generator: np.random.Generator, gaps: float = 0.0) -> str:
    """Change letters, and now and then lose or gain one."""
    result = []
    for letter, rate in zip(text, rates, strict=True):
        if generator.random() < gaps:
            result.append("" if generator.random() < 0.5 else letter + "ACGT"[generator.integers(4)])
        else:
            other = "ACGT".replace(letter, "")[generator.integers(3)]
            result.append(other if generator.random() < rate else letter)
    return "".join(result)


def mtdna_human_orang(generator: np.random.Generator) -> Files:
    """Two circles, one written from another start, with one fast stretch; and a reference with an inversion."""
    human = letters(3000, generator, gc=0.44)
    rates = np.where(np.arange(3000) < 576, 0.3, 0.12)
    orang = mutated(human, rates, generator, gaps=0.004)
    orang = orang[577:] + orang[:577]
    reference = letters(900, generator, gc=0.42)
    inverted = reference[:300] + reverse_complement(reference[300:600]) + reference[600:]
    reads = [mutated(inverted[100 * i :], np.full(900 - 100 * i, 0.05), generator, gaps=0.05) for i in (0, 1)]
    return {
        "MT-human.fa": fasta("MT_human", human, 60),
        "MT-orang.fa": fasta("MT_orang co:Z:comment", orang, 60),
        "q-inv.fa": "".join(fasta(f"read{i + 1}", read, 100) for i, read in enumerate(reads)),
        "t-inv.fa": fasta("ref", reference, 60),
    }


def maf_blocks(generator: np.random.Generator) -> Files:
    """Blocks of a mouse chromosome with its relatives; some blocks are mouse only."""
    start, places = 3009319, dict.fromkeys(SPECIES, 15860456)
    places["cavPor2"] = 310
    lines = ["##maf version=1 scoring=autoMZ.v1"]
    for block in range(24):
        length = int(generator.integers(40, 260))
        mouse = letters(length, generator, gc=0.4)
        gap = int(generator.integers(5, length - 12))
        rows = [("mm9.chr10", start, mouse, "+", 129993255)]
        for name, (change, where, strand, size) in SPECIES.items():
            if block % 5 == 3 or generator.random() < 0.35 or (name == "cavPor2" and places[name] > 38000):
                continue
            other = plant(mutated(mouse, np.full(length, change), generator), "-" * 4, gap)
            sequence_length = len(other.replace("-", ""))
            rows.append((f"{name}.{where}", places[name], other, strand, size))
            places[name] += sequence_length + int(generator.integers(0, 200)) * (generator.random() < 0.3)
        lines.append(f"a score={int(generator.integers(1000, 90000))}.000000")
        for number, (name, first, text, strand, size) in enumerate(rows):
            n_letters = len(text.replace("-", ""))
            lines.append(f"s {name:28s} {first:9d} {n_letters:4d} {strand} {size:9d} {text}")
            if number:
                lines.append(f"i {name:28s} C 0 C 0")
        lines.append("")
        start += length
    return {"ucsc_mm9_chr10.maf": "\n".join(lines) + "\n##eof maf\n"}
