"""Lineages of a virus with the countries they were sampled in: hiv1_subtypes."""

from __future__ import annotations

import numpy as np

from .common import Files, fasta, letters
from .viruses import changed

LENGTH, START, END = 2_400, 720, 1_040  # a genome, and the stretch that partial sequences cover
# Subtype: partial sequences by country. Two subtypes are mostly from one country, as in the real files.
SUBTYPES = {
    "A1": {"UG": 12, "KE": 9, "TZ": 5, "GB": 4, "RW": 4},
    "D": {"UG": 10, "TZ": 5, "KE": 4, "CD": 4, "GB": 3},
    "F1": {"BR": 12, "RO": 6, "ES": 4, "IT": 4},
    "G": {"NG": 9, "PT": 6, "CM": 5, "ES": 4, "GB": 3},
    "02_AG": {"CM": 10, "NG": 6, "SN": 5, "ES": 4, "FR": 4},
    "07_BC": {"CN": 14, "TW": 5, "HK": 4, "CH": 2},
    "08_BC": {"CN": 14, "HK": 8, "US": 6},
    "01B": {"CN": 10, "MY": 5, "TH": 3, "JP": 2},
}
N_GENOMES = {"A1": 7, "D": 6, "F1": 6, "G": 6, "02_AG": 4}  # one for each of the others


def joined(a: str, b: str, places: list[int]) -> str:
    """A recombinant that changes sides at each place."""
    edges = [0, *places, LENGTH]
    return "".join((a, b)[i % 2][edges[i] : edges[i + 1]] for i in range(len(edges) - 1))


def hiv1_subtypes(generator: np.random.Generator) -> Files:
    """Subtypes that drifted apart, recombinants of them, and clusters of near copies within a country."""
    root = letters(LENGTH, generator, gc=0.4).lower()
    ancestors = {name: changed(root, 0.03, "acgt", generator) for name in ("A1", "D", "F1", "G", "B", "C", "01_AE")}
    ancestors["02_AG"] = joined(ancestors["A1"], ancestors["G"], [500, 860, 1_500, 1_900])
    ancestors["07_BC"] = joined(ancestors["C"], ancestors["B"], [300, 700, 1_800])
    ancestors["08_BC"] = joined(ancestors["C"], ancestors["B"], [400, 900, 1_600])
    ancestors["01B"] = joined(ancestors["01_AE"], ancestors["B"], [800, 950])
    files: Files = {}
    number = 100_000
    for subtype, by_country in SUBTYPES.items():
        lineage = changed(ancestors[subtype], 0.02, "acgt", generator)
        rows: list[tuple[str, str]] = []
        countries = [country for country, n in by_country.items() for _ in range(n)]
        whole = [countries[i * 7 % len(countries)] for i in range(N_GENOMES.get(subtype, 1))]
        for place, country in enumerate([*whole, *countries, "-"]):
            full = place < len(whole)
            if rows and not full and place % 4 == 3:  # infected by the one before
                text = changed(rows[-1][1], 0.005, "acgt", generator)
            else:
                text = changed(lineage, 0.02, "acgt", generator)
                left, right = int(generator.integers(0, 30)), int(generator.integers(0, 30))
                text = text[left : LENGTH - right] if full else text[START - left : END + right]
            if place % 9 == 5:  # a place with two letters
                middle = len(text) // 2
                text = text[:middle] + str(generator.choice(list("ryk"))) + text[middle + 1 :]
            if place % 13 == 8:  # a codon was lost
                text = text[:150] + text[153:]
            if place == 12 and subtype in ("A1", "F1"):  # does not reach the end of the stretch
                text = text[: len(text) // 2]
            number += int(generator.integers(1, 900))
            year = "-" if place % 6 == 4 else str(int(generator.integers(1990, 2023)))
            name = f"{country}.{place}" if place % 5 == 0 else f"s{place}"  # names may hold the separator
            rows.append((f"{subtype}.{country}.{year}.{name}.SM{number}", text))
        rows.append((f"{subtype}.{countries[0]}.2020.again.SM{number + 1}", rows[-2][1]))  # the same letters again
        files[f"{subtype}.fasta.gz"] = "".join(fasta(*row, 10_000) for row in rows)
    return files
