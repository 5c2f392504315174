"""Resistance genes of two data bases: amr_genes."""

from __future__ import annotations

import numpy as np
from Bio.Seq import translate

from .bacteria import codon_table, genome, read
from .common import Files, fasta

# Class: name of its genes, families, entry of the drug list, words of the product.
CLASSES = {
    "beta-lactam": ("bla", 7, "Amoxicillin;Ampicillin;Cefotaxime", "class A beta-lactamase"),
    "aminoglycoside": ("aph", 6, "Amikacin;Tobramycin", "aminoglycoside O-phosphotransferase"),
    "MLS": ("erm", 6, "Erythromycin;Lincomycin", "23S rRNA (adenine(2058)-N(6))-methyltransferase"),
    "tetracycline": ("tet", 6, "Doxycycline;Tetracycline", "tetracycline efflux MFS transporter"),
    "phenicol": ("cat", 4, "Chloramphenicol", "type A chloramphenicol O-acetyltransferase"),
    "trimethoprim": ("dfrA", 4, "Trimethoprim", "trimethoprim-resistant dihydrofolate reductase"),
    "quinolone": ("qnr", 1, "Ciprofloxacin", "quinolone resistance pentapeptide repeat protein"),
}
CODONS: dict[str, list[str]] = {}
for _codon in codon_table()[0]:
    CODONS.setdefault(translate(_codon), []).append(_codon)
AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"


def relative(protein: str, identity: float, kept: str, generator: np.random.Generator) -> str:
    """A protein with this share of its letters, and with all places that `kept` marks."""
    change = generator.random(len(protein)) > identity
    drawn = generator.choice(list(AMINO_ACIDS), len(protein))
    return "".join(b if c and m == "." else a for a, b, c, m in zip(protein, drawn, change, kept, strict=True))


def spelled(protein: str, generator: np.random.Generator) -> str:
    """Letters that code for a protein, with ATG at the start and a stop at the end."""
    return "ATG" + "".join(str(generator.choice(CODONS[letter])) for letter in protein[1:]) + "TAA"


def amr_genes(generator: np.random.Generator) -> Files:
    """Families of random proteins that share motifs of their class; most alleles stand in both data bases.

    As in the real files: drug lists that are empty, near-identical alleles, a gene that is no coding sequence, a gene
    with an ambiguous letter, a regulator, and relatives of a gene of the genome in the sample of ecoli_k12.
    """
    text, genes, _ = genome()
    own = [translate(read(text, gene)).rstrip("*") for gene in genes if gene.kind == "CDS" and gene.name[0] == "y"]
    own = [protein for protein in own if "*" not in protein and 90 <= len(protein) <= 200]
    resfinder, ncbi = "", ""
    for number, (label, (stem, n_families, drugs, product)) in enumerate(CLASSES.items()):
        length = int(generator.integers(110, 160))
        ancestor = list(generator.choice(list(AMINO_ACIDS), length))
        kept = ["."] * length
        for start in generator.choice(range(5, length - 12, 8), 5, replace=False):
            kept[start : start + 5] = "#####"
        if label == "beta-lactam":
            ancestor[40:44], kept[40:44] = "STFK", "####"
        ancestor[0], mask = "M", "".join(kept)
        for family in range(n_families):
            is_own = label == "tetracycline" and family == 0
            source, marks = (own[0], "." * len(own[0])) if is_own else ("".join(ancestor), mask)
            protein = "M" + relative(source, 0.75 if is_own else 0.4, marks, generator)[1:]
            for allele in range(2 + int(generator.integers(0, 3))):
                changed = "M" + relative(protein, 0.97, "." * len(protein), generator)[1:]
                name, dna = f"{stem}{chr(65 + family)}-{allele + 1}", spelled(changed, generator)
                accession = f"AB{100000 + 1000 * number + 10 * family + allele}"
                listed = "" if allele == 1 and family % 3 == 0 else drugs
                if label == "quinolone":
                    dna = dna[:30] + "N" + dna[31:] if allele == 0 else dna[:-4] if allele == 1 else dna
                if allele != 2:
                    resfinder += fasta(f"resfinder~~~{name}_1~~~{accession}~~~{listed} {name}", dna, len(dna))
                if allele != 0:
                    identifier = f"A7J11_{number * 1000 + family * 10 + allele:05d}"
                    ncbi += fasta(f"ncbi~~~{name}~~~{identifier} {product} {name}", dna, len(dna))
    regulator = spelled("M" + "".join(generator.choice(list(AMINO_ACIDS), 120)), generator)
    ncbi += fasta("ncbi~~~blaI~~~A7J11_99999 penicillinase repressor BlaI", regulator, len(regulator))
    return {"ncbi_2017-08.fasta": ncbi, "resfinder.fasta": resfinder}
