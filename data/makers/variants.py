"""Effects of variants: brca1_sge (a workbook) and dms_tem1 (mutational scans)."""

from __future__ import annotations

import datetime
import io
import zipfile

import numpy as np
import openpyxl
from Bio.Align import substitution_matrices
from Bio.Data.CodonTable import standard_dna_table

from .common import Files, letters

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
BLOSUM = substitution_matrices.load("BLOSUM62")
TRANSLATE = standard_dna_table.forward_table | dict.fromkeys(standard_dna_table.stop_codons, "*")
COMPLEMENT = dict(zip("ACGT", "TGCA", strict=True))
OILY = "AVILMFCWY"

# The columns of the real table, in its order.
COLUMNS = (
    "gene|chromosome|position (hg19)|reference|alt|transcript_ID|transcript_position|transcript_ref|"
    "transcript_alt|transcript_variant|aa_pos|aa_ref|aa_alt|protein_variant|consequence|"
    "function.score.mean|func.class|p.nonfunctional|experiment|negative|library|d5.r1|d11.r1|d5.r2|"
    "d11.r2|neg.freq|library.freq|d5.freq.r1|d11.freq.r1|d5.freq.r2|d11.freq.r2|d5/lib.ratio.r1|"
    "loess.fit.r1|d11/lib.raw.r1|d11/lib.loess.r1|d5/lib.ratio.r2|loess.fit.r2|d11/lib.raw.r2|"
    "d11/lib.loess.r2|function.score.r1|function.score.r2|rna.r1|rna.r2|rna.r1.freq|rna.r2.freq|"
    "rna.score.1|rna.score.2|mean.rna.score|CADD.score|phyloP (mammalian)|polyphen2|sift|aGVGD.diff|"
    "aGVGD.class|clinvar|clinvar_simple|gnomAD_AF|bravo_AF|flossies_AF|WT.HAP1.function.score.r1|"
    "WT.HAP1.function.score.r2|WT.HAP1.function.score.mean"
).split("|")
EXONS = {"X2": 41276100, "X3": 41267800, "X4": 41258500, "X5": 41256900}  # experiment: highest position, minus strand
CODING, BEFORE, BEHIND = 28, 6, 6  # letters of an exon's coding part, and of the introns around it
UNTRANSLATED = 4


def workbook(rows: list[list[object]]) -> bytes:
    """An .xlsx file whose bytes do not depend on when it was written."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    book.properties.created = datetime.datetime(2026, 1, 1)
    written, fixed = io.BytesIO(), io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":  # openpyxl stamps the time of saving
                start = content.index(b"<dcterms:modified")
                end = content.index(b"</dcterms:modified>") + len(b"</dcterms:modified>")
                content = content[:start] + content[end:]
            target.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def effect(consequence: str, old: str, new: str, conserved: float, generator: np.random.Generator) -> float:
    """Function score: about 0 where the variant works, about -2 where it does not."""
    if consequence in ("Nonsense", "Canonical splice"):
        broken = 0.95
    elif consequence == "Missense":
        broken = 1 / (1 + np.exp(-(2 * conserved - 0.6 * BLOSUM[old][new] - 3 + 2 * (new == "P"))))
    else:
        broken = 0.35 if consequence == "Splice region" and conserved > 1 else 0.03
    center = -2.0 if generator.random() < broken else 0.0
    return float(center + generator.normal(0, 0.3))


def brca1_sge(generator: np.random.Generator) -> Files:
    """Four exons of a gene on the minus strand: all letters changed, gaps, torn codons, all columns of the table."""
    while True:
        gene = "ATG" + letters(len(EXONS) * CODING - 3, generator)
        protein = [TRANSLATE[gene[i : i + 3]] for i in range(0, len(gene) - 2, 3)]
        if "*" not in protein:
            break
    conserved = generator.choice([-0.5, 0.5, 2.5], len(protein) + 1)
    rows: list[list[object]] = [[None] * 3, ["Simulated sample"], list(COLUMNS)]
    for number, (experiment, top) in enumerate(EXONS.items()):
        first = number * CODING + 1
        exon = gene[first - 1 : first - 1 + CODING]
        lead = letters(UNTRANSLATED, generator) if number == 0 else ""
        text = letters(BEFORE - 2, generator) + "AG" + lead + exon + "GT" + letters(BEHIND - 2, generator)
        gap = int(generator.integers(BEFORE + 8, BEFORE + 20))
        for place, old in enumerate(text):
            if place == gap:  # no data at this position
                continue
            inside = place - BEFORE - len(lead)
            start = f"{first}" if number else f"{-UNTRANSLATED}"
            if place < BEFORE:
                where, kind, coding = f"{start}-{BEFORE - place}", "Intronic", 0
            elif inside < 0:
                where, kind, coding = f"{inside}", "5' UTR", 0
            elif inside < CODING:
                where, kind, coding = f"{first + inside}", "", first + inside
            else:
                where, kind, coding = f"{first + CODING - 1}+{inside - CODING + 1}", "Intronic", 0
            from_edge = BEFORE - place if place < BEFORE else inside - CODING + 1
            if kind == "Intronic":
                kind = "Canonical splice" if from_edge <= 2 else "Splice region" if from_edge <= 4 else "Intronic"
            residue = (coding - 1) // 3
            phylop = float(generator.normal(conserved[residue] if coding else 2.0 * (kind == "Canonical splice"), 0.4))
            for new in "ACGT".replace(old, ""):
                amino: list[object] = [None] * 4
                this = kind
                if coding and residue < len(protein):
                    codon, at = gene[3 * residue : 3 * residue + 3], (coding - 1) % 3
                    mutant = TRANSLATE[codon[:at] + new + codon[at + 1 :]]
                    amino = [residue + 1, protein[residue], mutant, f"p.{protein[residue]}{residue + 1}{mutant}"]
                    this = "Nonsense" if mutant == "*" else "Synonymous" if mutant == protein[residue] else "Missense"
                elif coding:
                    this = "Splice region"
                old_amino, new_amino = str(amino[1] or "A"), str(amino[2] or "A")
                score = effect(this, old_amino, new_amino, phylop, generator)
                label = "LOF" if score < -1.3 else "INT" if score < -0.75 else "FUNC"
                clinvar = "absent"
                if generator.random() < 0.2:
                    clinvar = {"LOF": "Pathogenic", "FUNC": "Likely benign"}.get(label, "Uncertain significance")
                value: dict[str, object] = {
                    "gene": "SAMPLE", "chromosome": 17, "position (hg19)": top - place,
                    "reference": COMPLEMENT[old], "alt": COMPLEMENT[new], "transcript_ID": "SAMPLE.1",
                    "transcript_position": where, "transcript_ref": old, "transcript_alt": new,
                    "transcript_variant": f"c.{where}{old}>{new}", "aa_pos": amino[0], "aa_ref": amino[1],
                    "aa_alt": amino[2], "protein_variant": amino[3], "consequence": this,
                    "function.score.mean": round(score, 3), "func.class": label,
                    "p.nonfunctional": round(1 / (1 + np.exp(6 * (score + 1))), 4), "experiment": experiment,
                    "library": int(generator.integers(200, 2000)),
                    "function.score.r1": round(score + float(generator.normal(0, 0.2)), 3),
                    "function.score.r2": round(score + float(generator.normal(0, 0.2)), 3),
                    "mean.rna.score": None if not coding else round(float(generator.normal(0, 0.3)), 3),
                    "CADD.score": round(float(15 + 5 * phylop - 3 * score + generator.normal(0, 5)), 2),
                    "phyloP (mammalian)": round(phylop, 3), "clinvar": clinvar, "clinvar_simple": clinvar,
                    "gnomAD_AF": 0, "bravo_AF": 0, "flossies_AF": 0,
                }  # fmt: skip
                if this == "Missense":
                    value["sift"] = round(float(generator.beta(1, 4)), 2)
                    value["polyphen2"] = round(float(generator.beta(1, 1)), 3)
                rows.append([value.get(name) for name in COLUMNS])
    return {"41586_2018_461_MOESM3_ESM.xlsx": workbook(rows)}


def scan(first: int, n_places: int, generator: np.random.Generator) -> list[tuple[str, float]]:
    """Mutants and their fitness: a position's tolerance, alike for neighbors, times how unlike the amino acids are."""
    protein = generator.choice(list(AMINO_ACIDS), n_places)
    tolerance = np.convolve(generator.normal(0, 1.2, n_places + 2), [0.5, 1, 0.5], "valid")
    found = []
    for place, old in enumerate(protein):
        for new in AMINO_ACIDS.replace(str(old), ""):
            unlike = 4 - float(BLOSUM[str(old)][new]) + (3 if new == "P" else 0) + (old in OILY and new not in OILY)
            found.append((f"{old}{first + place}{new}", -0.25 * unlike / (1 + np.exp(2 * tolerance[place]))))
    return found


def dms_tem1(generator: np.random.Generator) -> Files:
    """Three scans with the columns of the real files; some mutants lack the second trial."""
    doses = {"0": 0.0, "39": 0.1, "156": 0.3, "625": 0.6, "2500": 1.0}
    lines = ["mutant,0,39,156,625,2500,cefotaxime,0_1,0_2,10_1,39_1,39_2,156_1,156_2,625_1,625_2,2500_1,2500_2,km,vmax"]
    for mutant, fitness in scan(24, 30, generator):
        one, two = ({d: s * fitness + float(generator.normal(0, 0.1)) for d, s in doses.items()} for _ in range(2))
        second = generator.random() > 0.01
        means = [f"{(one[d] + two[d]) / 2 if second else one[d]:.4f}" for d in doses]
        trials = [f"{one['0']:.4f}", f"{two['0']:.4f}" if second else "", f"{generator.normal(0, 0.1):.4f}"]
        for dose in list(doses)[1:]:
            trials += [f"{one[dose]:.4f}", f"{two[dose]:.4f}" if second else ""]
        others = [f"{value:.3f}" for value in generator.normal(1, 0.3, 2)]
        lines.append(",".join([mutant, *means, f"{generator.normal(0, 0.1):.4f}", *trials, *others]))
    domain = ["mutant,CRIPT,Tm2F"]
    rows = scan(311, 14, generator)
    rows += [(f"{name[:-1]}{name[0]}", 0.0) for name in {row[0][:-1]: row[0] for row in rows}.values()]  # unchanged
    domain += [f"{name},{value + generator.normal(0, 0.1):.5f},{generator.normal(0, 0.3):.5f}" for name, value in rows]
    binding = ["mutant,linear,log"]
    for name, value in scan(126, 14, generator):
        if generator.random() < 0.8:  # one in five is missing
            noisy = value + float(generator.normal(0, 0.1))
            binding.append(f"{name},{2**noisy:.6f},{noisy:.6f}")
    return {
        "BLAT_ECOLX_Ranganathan2015.csv": "\n".join(lines) + "\n",
        "DLG4_RAT_Ranganathan2012.csv": "\n".join(domain) + "\n",
        "PABP_YEAST_Fields2013-singles.csv": "\n".join(binding) + "\n",
    }
