"""Proteins: where they work (deeploc) and which reaction they speed up (deepfri_ec)."""

from __future__ import annotations

import numpy as np

from .common import Files, fasta, plant

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
# Location: proteins in the validation, test and hard file.
LOCATIONS = {
    "Cell.membrane": (16, 18, 6), "Cytoplasm": (20, 22, 8), "Endoplasmic.reticulum": (12, 12, 4),
    "Extracellular": (20, 20, 6), "Golgi.apparatus": (8, 8, 3), "Lysosome/Vacuole": (8, 8, 3),
    "Mitochondrion": (20, 20, 4), "Nucleus": (24, 28, 6), "Peroxisome": (8, 8, 3), "Plastid": (14, 14, 3),
}  # fmt: skip
TRANSMEMBRANE = ("Cell.membrane", "Golgi.apparatus")
# First digit of the EC number: further numbers, the reaction's mark in the sequence.
ENZYMES = {
    "1": ("1.1.1.1", "GAGGVGK"), "2": ("2.7.11.1", "HRDLKPEN"), "3": ("3.4.21.4", "GDSGGP"),
    "4": ("4.2.1.11", "SHRSGETED"), "5": ("5.3.1.9", "QGTKMIP"), "6": ("6.1.1.4", "HIGHKMSKS"),
    "7": ("7.1.2.2", "GDRQTGKT"),
}  # fmt: skip


def drawn(n: int, generator: np.random.Generator, favored: str = "", strength: float = 0.5) -> str:
    """Draw amino acids, a part of them from the favored ones."""
    anything = "".join(generator.choice(list(AMINO_ACIDS), n))
    if not favored:
        return anything
    wanted = "".join(generator.choice(list(favored), n))
    return "".join(b if generator.random() < strength else a for a, b in zip(anything, wanted, strict=True))


def relative(text: str, generator: np.random.Generator, rate: float = 0.15) -> str:
    """Copy a protein with changed letters."""
    return "".join(str(generator.choice(list(AMINO_ACIDS))) if generator.random() < rate else a for a in text)


def located(location: str, generator: np.random.Generator, length: int) -> str:
    """Write a protein with the targeting signal of its location."""
    text = "M" + drawn(length - 1, generator, "DEKNS" if location == "Cytoplasm" else "", 0.25)
    if location in ("Extracellular", "Lysosome/Vacuole", "Endoplasmic.reticulum"):
        text = plant(text, "MKR" + drawn(14, generator, "LLLAVIF", 0.9) + "SALA", 0)
    if location == "Mitochondrion":
        text = plant(text, "M" + drawn(24, generator, "RALS", 0.8), 0)
    if location == "Plastid":
        text = plant(text, "MA" + drawn(38, generator, "STSAP", 0.8), 0)
    if location in TRANSMEMBRANE:
        for place in range(14, length - 30, 14 if location == "Golgi.apparatus" else 45)[: 1 if "G" in location else 9]:
            text = plant(text, drawn(20, generator, "LIVFAG", 0.95), place)
    if location == "Nucleus":
        text = plant(text, "PKKKRKV", int(generator.integers(10, length - 20)))
    ends = {"Endoplasmic.reticulum": "KDEL", "Peroxisome": "SKL"}
    ending = ends.get(location, "")
    return text[: len(text) - len(ending)] + ending


def accession(generator: np.random.Generator) -> str:
    first, second = generator.choice(list("OPQ")), generator.choice(list("ABCDEFGHJKLMN"))
    return f"{first}{generator.integers(10)}{second}{generator.integers(100, 1000)}{generator.integers(10)}"


def deeploc(generator: np.random.Generator) -> Files:
    """Three files; odd letters, relatives within and across files, very long and very short proteins."""
    records: tuple[list[str], list[str], list[str]] = ([], [], [])
    for location, counts in LOCATIONS.items():
        families = [located(location, generator, int(generator.integers(90, 220))) for _ in range(3)]
        for part, count in enumerate(counts):
            for number in range(count):
                text = located(location, generator, int(generator.integers(60, 260)))
                if number % 5 == 4 and part < 2:
                    text = relative(families[number % 3], generator)
                elif number == 2:
                    text = plant(text, str(generator.choice(list("XUZB"))), 50)
                elif number == 3 and location in ("Nucleus", "Cell.membrane"):
                    text += drawn(1300, generator)
                elif number == 0:
                    text = text[1:]  # the start was cut off, or nobody saw it
                kind = "U" if part == 2 or number % 3 == 0 else "M" if location in TRANSMEMBRANE else "S"
                ending = ("", " test", " new_test_set ")[part]
                header = f"{accession(generator)} {location}-{kind}{ending}"
                records[part].append(fasta(header, text, len(text) if part == 2 else 60))
    for _ in range(3):
        text = located("Nucleus", generator, 120)
        records[0].append(fasta(f"{accession(generator)} Cytoplasm-Nucleus-U", text, 60))
    names = ("deeploc_our_val_set.fasta", "deeploc_test_set.fasta", "setHARD.fasta")
    return {name: "".join(lines) for name, lines in zip(names, records, strict=True)}


def deepfri_ec(generator: np.random.Generator) -> Files:
    """Chains in lists, a table of EC numbers and two FASTA files, of which the second holds training chains too."""
    numbers, ec_fasta, go_fasta, flags, go_flags = {}, [], [], [], []
    lists: dict[str, list[str]] = {"train": [], "valid": [], "test": []}

    def chain() -> str:
        letters = "".join(generator.choice(list("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"), 3))
        return f"{generator.integers(1, 7)}{letters}-{generator.choice(list('ABCD'))}"

    for number, mark in ENZYMES.values():
        family = drawn(int(generator.integers(80, 160)), generator)
        for part, count in (("train", 22), ("valid", 4), ("test", 16)):
            for i in range(count):
                name, kind = chain(), i % 3  # unrelated to the others, a distant relative, a close one
                text = drawn(int(generator.integers(70, 180)), generator)
                text = text if kind == 0 else relative(family, generator, 0.6 if kind == 1 else 0.15)
                text = plant(text, mark, int(generator.integers(5, len(text) - 20)))
                numbers[name] = [number, number.rsplit(".", 1)[0] + ".-"]
                if i == 3:
                    numbers[name].append("2.7.4.6")  # two reactions, for most of them of different classes
                    text = plant(text, "X", 10)
                lists[part].append(name)
                record = fasta(f"{name} nrPDB_test", text, 60)
                if part == "test":
                    ec_fasta.append(record)
                    flags.append([name, *([1, 1, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 0, 1, 1])[kind]])
                elif i < 18:  # some training chains have no sequence here
                    go_fasta.append(record)
                    go_flags.append([name, 0, 0, 0, 0, 1])
    ec_fasta.append(fasta("4UDF-1B nrPDB_test", drawn(90, generator), 60))  # in no list
    numbers["4UDF-1B"] = ["4.2.1.11"]
    for _ in range(8):
        go_fasta.append(fasta(f"{chain()} nrPDB_test", drawn(100, generator), 60))  # no enzyme
    terms = sorted({number for values in numbers.values() for number in values})
    table = ["### EC-numbers", "\t".join(terms), "### PDB-chain\tEC-numbers"]
    table += [f"{name}\t{','.join(values)}" for name, values in numbers.items()]

    def csv(rows: list[list]) -> str:
        lines = [["PDB-chain", "<30%", "<40%", "<50%", "<70%", "<95%"], *rows]
        return "".join(",".join(map(str, line)) + "\n" for line in lines)

    ec, go = "nrPDB-EC_2020.04", "nrPDB-GO_2019.06.18"
    return {
        f"{ec}_annot.tsv": "\n".join(table) + "\n",
        **{f"{ec}_{part}.txt": "".join(f"{name}\n" for name in names) for part, names in lists.items()},
        f"{ec}_test.csv": csv(flags),
        f"{ec}_test_sequences.fasta": "".join(ec_fasta),
        f"{go}_test.csv": csv(go_flags),
        f"{go}_test_sequences.fasta": "".join(go_fasta),
    }
