"""Alignments that were evolved along a known tree: phylo_nexus."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .common import Files

# Nested tuples of (child, length) pairs; a name is a tip. Lengths are expected substitutions per site.
MACAQUES = (((("Macaca_fuscata", 0.02), ("M._mulatta", 0.02)), 0.03), ("M._fascicularis", 0.05))
APES = (((("Homo_sapiens", 0.05), ("Pan", 0.05)), 0.03), ("Gorilla", 0.07))
HOMINOIDS = ((((APES, 0.07), ("Pongo", 0.13)), 0.04), ("Hylobates", 0.16))
CATARRHINES = ((HOMINOIDS, 0.09), (((MACAQUES, 0.04), ("M._sylvanus", 0.08)), 0.2))
PRIMATES = ((((CATARRHINES, 0.08), ("Saimiri_sciureus", 0.3)), 0.1), ("Tarsius_syrichta", 0.35), ("Lemur_catta", 0.32))
ORDER = (
    "Lemur_catta", "Homo_sapiens", "Pan", "Gorilla", "Pongo", "Hylobates", "Macaca_fuscata", "M._mulatta",
    "M._fascicularis", "M._sylvanus", "Saimiri_sciureus", "Tarsius_syrichta",
)  # fmt: skip
GAPS = {511: range(1, 11), 537: (*range(1, 12),), 474: (0,), 514: (0,), 561: (4,), 633: (0, 11), 587: (11,)}
N_PRIMATE, N_RSV, N_TIPS, RATE = 898, 629, 40, 2e-3

# Both files end in blocks that a reader of alignments must step over.
ASSUMPTIONS = """begin assumptions;
\tcharset first_letters = 2-457\\3 660-896\\3;
\tcharset between_genes = 1 458-659 897-898;
\tusertype simulated = 4 [cost of a change]
\t\ta  c  g  t
\t[a]\t.  3  1  3
\t[c]\t3  .  3  1
\t[g]\t1  3  .  3
\t[t]\t3  1  3  .
\t\t;
end;
begin unknown_program;
\tset nothing = yes;
end;
"""


def evolve(
    text: NDArray[np.int_],
    length: float,
    rates: NDArray[np.float64],
    shares: list[float],
    generator: np.random.Generator,
) -> NDArray[np.int_]:
    """Letters after a branch: steps of at most 0.01 substitutions; four of five changes are transitions."""
    n_steps = max(1, int(np.ceil(length / 0.01)))
    for _ in range(n_steps):
        hit = generator.random(len(text)) < rates * length / n_steps
        other = (text + 2) % 4  # A with G, C with T: a transition in the order ACGT
        drawn = generator.choice(4, len(text), p=shares)
        kept = generator.random(len(text)) < np.asarray(shares)[other] * 2
        text = np.where(hit, np.where(generator.random(len(text)) < 0.2, drawn, np.where(kept, other, text)), text)
    return text


def tips(
    node: Any, text: NDArray[np.int_], rates: NDArray[np.float64], shares: list[float], generator: np.random.Generator
) -> dict[str, NDArray[np.int_]]:
    """Sequences of all tips below a node that carries `text`."""
    if isinstance(node, str):
        return {node: text}
    found: dict[str, NDArray[np.int_]] = {}
    for child, length in node:
        found |= tips(child, evolve(text, length, rates, shares, generator), rates, shares, generator)
    return found


def phylo_nexus(generator: np.random.Generator) -> Files:
    """Twelve primates in both of their formats, and forty dated viruses that evolved under a clock."""
    shares = [0.32, 0.3, 0.11, 0.27]
    rates = np.ones(N_PRIMATE)
    for begin, end in ((1, 457), (659, 896)):  # the third letter of a codon changes fastest
        rates[begin:end] = np.tile([1.0, 0.6, 3.0], (end - begin) // 3 + 1)[: end - begin]
    rates /= rates.mean()
    start = generator.choice(4, N_PRIMATE, p=shares)
    rows = {
        name: np.array(list("ACGT"))[codes] for name, codes in tips(PRIMATES, start, rates, shares, generator).items()
    }
    for column, taxa in GAPS.items():
        for number in taxa:
            rows[ORDER[number]][column] = "-"
    rows["Saimiri_sciureus"][662:665] = "-"  # a codon is missing
    return {
        "Primates.nex": plain(rows),
        "primate-mtDNA.nex": with_dots(rows),
        "RSV2.nex": dated(generator),
    }


def plain(rows: dict[str, NDArray[np.str_]]) -> str:
    """The newer file: Unix line ends, tabs after names, other names for three macaques."""
    order = ["Tarsius_syrichta", *(name for name in ORDER if name != "Tarsius_syrichta")]
    lines = ["#NEXUS", "begin data;", f"dimensions ntax={len(rows)} nchar={N_PRIMATE};"]
    lines += ["format datatype=dna interleave=no gap=-;", "matrix"]
    lines += [
        name.replace("._", "_") + ("\t  \t\t" if name == "Pan" else "\t\t") + "".join(rows[name]) for name in order
    ]
    lines += [";", "end;", "", "begin assumptions;", "\tcharset front = 1-449;", "\tcharset back = 450-898;"]
    return "\n".join([*lines, "end;"])


def with_dots(rows: dict[str, NDArray[np.str_]]) -> str:
    """The older file: carriage returns only, comments inside the matrix, a dot where the first row has the same."""
    lines = ["#NEXUS", "", "[!Simulated data in the form of:", "\tPrimate mitochondrial DNA.", "]", ""]
    lines += ["begin taxa;", f"\tdimensions ntax={len(rows)};", "\ttaxlabels", *ORDER, ";", "end;", ""]
    lines += ["begin characters;", f"\tdimensions nchar={N_PRIMATE};"]
    lines += ["\tformat missing=? gap=- matchchar=. datatype=dna;", "\toptions gapmode=missing;", "\tmatrix"]
    ruler = "".join(str(number % 10) for number in range(1, N_PRIMATE + 1))
    lines += ["[" + " " * 19 + ruler + "]", ""]
    first = rows[ORDER[0]]
    for name in ORDER:
        shown = rows[name] if name == ORDER[0] else np.where((rows[name] == first) & (first != "-"), ".", rows[name])
        lines.append(f"{name:<20}" + "".join(shown))
    return "\r".join([*lines, "\t;", "end;", "", *ASSUMPTIONS.splitlines(), ""])


def dated(generator: np.random.Generator) -> str:
    """Viruses sampled from 1956 to 2002, which join, backward in time, in random pairs; names end in s and the year."""
    years = np.sort(np.concatenate([[1956, 2002], generator.integers(1976, 2003, N_TIPS - 2)]))
    shares, rates = [0.415, 0.34, 0.1, 0.145], generator.gamma(1.0, 1.0, N_RSV)
    places = ["BE", "BE", "BE", "NYCH", "SE", "MON", "MAD", "WV", "BIR", "USALong"]
    names: list[str] = []
    for year in years:
        place = str(generator.choice(places))
        number = int(generator.integers(1, {"BE": 16000, "WV": 25000}.get(place, 60)))
        names.append(f"{place}{number:02d}s{year - 1900}")
    alive: list[tuple[object, float]] = []
    waiting = sorted(zip(years.tolist(), names, strict=True), reverse=True)
    now = 2002.0
    while waiting or len(alive) > 1:
        n_pairs = len(alive) * (len(alive) - 1) / 2
        jump = float(generator.exponential(12.0 / n_pairs)) if n_pairs else np.inf  # years until two lineages join
        if waiting and now - jump < waiting[0][0]:
            now, name = waiting.pop(0)
            alive.append((name, float(now)))
            continue
        now -= jump
        one, other = (alive.pop(int(generator.integers(len(alive)))) for _ in range(2))
        alive.append((((one[0], (one[1] - now) * RATE), (other[0], (other[1] - now) * RATE)), now))
    root = generator.choice(4, N_RSV, p=shares)
    found = tips(alive[0][0], root, rates, shares, generator)
    found[names[7]] = found[names[6]]  # identical rows
    order = generator.permutation(N_TIPS)
    ruler = "".join(f"{number:<10}" for number in range(1, N_RSV + 1, 10))[:N_RSV]
    lines = ["#NEXUS", "", "Begin DATA;", f"\tDimensions ntax={N_TIPS} nchar={N_RSV};"]
    lines += ["\tFormat datatype=NUCLEOTIDE gap=-;", "\tMatrix", f"\t[           {ruler}]"]
    lines.append("\t[           " + ("|" + " " * 9) * (N_RSV // 10) + "|" + " " * (N_RSV % 10 - 1) + "]")
    lines += [f"\t{names[i]:<11} " + "".join(np.array(list("ACGT"))[found[names[i]]]) for i in order]
    return "\n".join([*lines, ";", "End;", "", ""])
