"""Viral proteins with their hosts, and dated genomes: coronavirus_spike_host, zika_genomes."""

from __future__ import annotations

import numpy as np
from Bio.Seq import translate

from .common import Files, fasta, letters, wrap

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
N_COLUMNS = 130
# Species: rows by host. Most species have one host, so that host and species can hardly be told apart.
SPECIES = {
    "Avian_coronavirus": {"Chicken": 22, "Turkey": 1, "Pheasant": 1},
    "Porcine_epidemic_diarrhea_virus": {"Swine": 24},
    "Betacoronavirus_1": {"Human": 10, "Cattle": 7, "Swine": 1, "Horse": 1},
    "Middle_East_respiratory_syndrome_coronavirus": {"Human": 9, "Camel": 9, "Bat": 2},
    "Porcine_coronavirus_HKU15": {"Swine": 9},
    "SARS_CoV_2": {"Human": 9, "Bat": 1},
    "Alphacoronavirus_1": {"Cat": 4, "Swine": 3, "Dog": 2},
    "Human_coronavirus_NL63": {"Human": 6},
    "Human_coronavirus_HKU1": {"Human": 5},
    "Severe_acute_respiratory_syndrome_related_coronavirus": {"Bat": 5, "Human": 2},
    "Human_coronavirus_229E": {"Camel": 4, "Human": 3, "Bat": 1},
    "Rousettus_bat_coronavirus_HKU9": {"Bat": 5},
    "Murine_coronavirus": {"Mouse": 3, "Rat": 1},
    "Rabbit_coronavirus_HKU14": {"Rabbit": 2},
}


def changed(text: str, rate: float, alphabet: str, generator: np.random.Generator) -> str:
    """A copy in which letters, but no gaps, were replaced at random."""
    replaced = generator.choice(list(alphabet), len(text))
    hit = generator.random(len(text)) < rate
    return "".join(new if flag and old != "-" else old for old, new, flag in zip(text, replaced, hit, strict=True))


def coronavirus_spike_host(generator: np.random.Generator) -> Files:
    """Aligned proteins: a species differs much from the others, a host within a species hardly at all."""
    ancestor = "".join(generator.choice(list(AMINO_ACIDS), N_COLUMNS))
    rows, seen = [], set()
    for species, hosts in SPECIES.items():
        text = changed(ancestor, 0.5, AMINO_ACIDS, generator)
        for _ in range(4):  # gaps of the species
            start, length = int(generator.integers(0, N_COLUMNS - 12)), int(generator.integers(3, 12))
            text = text[:start] + "-" * length + text[start + length :]
        for host, n in hosts.items():
            for number in range(n):
                row = changed(text, 0.03, AMINO_ACIDS, generator)
                while row in seen:
                    row = changed(row, 0.03, AMINO_ACIDS, generator)
                seen.add(row)
                if len(rows) % 30 == 4:
                    place = row.rindex("K") if "K" in row else 0
                    row = row[:place] + "X" + row[place + 1 :]
                accession = "".join(map(str, generator.choice(list("ABCDEFGHJ"), 3))) + f"{10000 + len(seen)}"
                rows.append((f"{host[:2]}{number + 1}/{2000 + len(seen) % 20}|{accession}|{host}|{species}", row))
    order = generator.permutation(len(rows))
    return {"Sequences.fasta": "".join(fasta(*rows[i], 60, "\r\n") for i in order)}


# Strain, accession, date, region, country, years since the outgroup.
STRAINS = [
    ("1_0087_PF", "KX900001", "2013-12-XX", "Oceania", "French Polynesia", 0.2),
    ("1_0199_PF", "KX900002", "2013-11-XX", "Oceania", "French Polynesia", 0.1),
    ("Brazil/2015/ZBRC301", "KY900003", "2015-05-13", "South America", "Brazil", 1.5),
    ("PRVABC59", "KU900004", "2015-12-XX", "North America", "Puerto Rico", 2.1),
    ("PAN/CDC_259359_V1_V3/2015", "KX900005", "2015-12-18", "North America", "Panama", 2.1),
    ("COL/FLR_00008/2015", "MF900006", "2015-12-XX", "South America", "Colombia", 2.1),
    ("Colombia/2016/ZC204Se", "KY900007", "2016-01-06", "South America", "Colombia", 2.2),
    ("DOM/2016/BB_0059", "KY900008", "2016-04-04", "North America", "Dominican Republic", 2.4),
    ("SG_018", "KY900009", "2016-08-28", "Southeast Asia", "Singapore", 2.8),
    ("Aedes_aegypti/USA/2016/FL05", "KY900010", "2016-09-09", "North America", "USA", 2.9),
]
GENES = [("capsid protein", "CA", 90, 456), ("envelope protein", "ENV", 456, 1_290), ("NS1", "NS1", 1_290, 1_887)]


def zika_genomes(generator: np.random.Generator) -> Files:
    """Ten dated genomes that collect changes at a steady rate, their table, and the outgroup with its annotation."""
    codons = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
    codons = [codon for codon in codons if codon not in ("TAA", "TAG", "TGA")]
    polyprotein = "ATG" + "".join(generator.choice(codons, (GENES[-1][3] - GENES[0][2]) // 3 - 1)) + "TAA"
    root = (letters(90, generator, gc=0.45) + polyprotein + letters(110, generator, gc=0.5)).lower()

    columns = "strain virus accession date region country division city db segment authors url title journal paper_url"
    lines, records, lineage, last = ["\t".join(columns.split())], [], root, 0.0
    for number, (strain, accession, date, region, country, years) in enumerate(STRAINS):
        lineage = changed(lineage, max(0.0, years - last) * 2e-3, "acgt", generator)  # the trunk of a comb-like tree
        last = max(last, years)
        text = changed(lineage, 1e-3, "acgt", generator)
        if number % 4 == 3:  # a stretch that was not covered, and letters that were not clear
            start, length = int(generator.integers(100, 1_500)), int(generator.integers(60, 300))
            text = text[:start] + "n" * length + "y" + text[start + length + 1 :]
        cut = int(generator.integers(0, 90))  # genomes begin and end at different places
        text = text[cut : len(text) - int(generator.integers(0, 90))]
        records.append((strain, text))
        address = f"https://www.ncbi.nlm.nih.gov/nuccore/{accession}"
        row = [
            strain,
            "zika",
            accession,
            date,
            region,
            country,
            country,
            country,
            "genbank",
            "genome",
            "Simulated et al",
        ]
        lines.append(
            "\t".join([*row, address, "A simulated genome", "Unpublished", "https://www.ncbi.nlm.nih.gov/pubmed/"])
        )
    order = generator.permutation(len(records))
    return {
        "sequences.fasta": "".join(fasta(*records[i], 60) for i in order),
        "metadata.tsv": "\n".join(lines) + "\n",
        "dropped_strains.txt": "34997/Pavia/2016\nAFMC_S\nCOL/FLR_00008/2015\n",
        "zika_outgroup.gb": outgroup(root),
    }


def outgroup(text: str) -> str:
    """The GenBank record of the outgroup: a polyprotein and the proteins that are cut out of it."""
    start, end = GENES[0][2], GENES[-1][3] + 3
    protein = str(translate(text[start:end].upper()))[:-1]
    lines = [
        f"LOCUS       PF13/251013_18               {len(text):5d} bp    DNA              VRL 01-JAN-2026",
        "DEFINITION  Zika virus strain PF13/251013-18, complete genome (simulated).",
        "ACCESSION   KX369547",
        "VERSION     KX369547.1",
        "KEYWORDS    .",
        "SOURCE      Zika virus",
        "  ORGANISM  Zika virus",
        "            Viruses; ssRNA viruses; ssRNA positive-strand viruses, no DNA stage;",
        "            Flaviviridae; Flavivirus.",
        "FEATURES             Location/Qualifiers",
        f"     source          1..{len(text)}",
    ]
    source = {"collection_date": "25-Oct-2013", "country": "French Polynesia", "db_xref": "taxon:64320"}
    source |= {"host": "Homo sapiens", "mol_type": "genomic RNA", "organism": "Zika virus", "strain": "PF13/251013-18"}
    lines += [f'{" " * 21}/{name}="{value}"' for name, value in source.items()]
    lines += [f"     5'UTR           1..{start}", f"     CDS             {start + 1}..{end}"]
    lines += [f"{' ' * 21}/codon_start=1", f'{" " * 21}/product="polyprotein"']
    lines += [" " * 21 + row for row in wrap(f'/translation="{protein}"', 59).splitlines()]
    for product, gene, begin, stop in GENES:
        lines += [
            f"     CDS             {begin + 1}..{stop}",
            f'{" " * 21}/product="{product}"',
            f'{" " * 21}/gene="{gene}"',
        ]
    lines += [f"     3'UTR           {end + 1}..{len(text)}", "ORIGIN"]
    for place in range(0, len(text), 60):
        lines.append(f"{place + 1:9d} {wrap(text[place : place + 60], 10, ' ').rstrip()}")
    return "\n".join(lines) + "\n//\n"
