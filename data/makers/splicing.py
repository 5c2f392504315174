"""Splice sites and genes with introns: splice_uci, splice_gue, genomes_1pct."""

from __future__ import annotations

import io

import numpy as np

from genodl_utils.sequences import reverse_complement
from genodl_utils.simulate import sample_motif

from .bacteria import coding
from .common import Files, letters

# Rows of four: A, C, G, T. Around the donor: CAG|GTAAGT; before the acceptor: ten C or T, then CAG|G.
DONOR = np.array(
    [[35, 35, 15, 15], [60, 10, 15, 15], [10, 5, 80, 5], [0, 0, 100, 0], [0, 0, 0, 100]]
    + [[60, 2, 36, 2], [70, 10, 10, 10], [5, 5, 85, 5], [15, 15, 15, 55]]
)  # fmt: skip
ACCEPTOR = np.array(
    [[8, 40, 8, 44]] * 10 + [[25, 25, 25, 25], [5, 65, 2, 28], [100, 0, 0, 0], [0, 0, 100, 0], [25, 15, 50, 10]]
)
# Where the cut lies in each motif: letters before it.
CUT = {"donor": 3, "acceptor": 14}


def site(kind: str, generator: np.random.Generator) -> str:
    return sample_motif((DONOR if kind == "donor" else ACCEPTOR) / 100, 1, generator)[0]


def window(kind: str, length: int, generator: np.random.Generator) -> str:
    """A window with a donor, an acceptor or a decoy (GT or AG without the rest) at the cut in its middle."""
    middle = length // 2
    if kind == "decoy":
        text = letters(length, generator)
        return text[:middle] + "GT" + text[middle + 2 :] if generator.random() < 0.5 else (
            text[: middle - 2] + "AG" + text[middle:]
        )  # fmt: skip
    motif = site(kind, generator)
    start = middle - CUT[kind]
    return letters(start, generator) + motif + letters(length - start - len(motif), generator)


def splice_uci(generator: np.random.Generator) -> Files:
    """Windows of 60 letters: class, instance name, padded sequence."""
    rows = []
    for label, kind, n in (("EI", "donor", 60), ("IE", "acceptor", 60), ("N", "", 120)):
        for number in range(n):
            gene, position = f"HUMGEN{number % 15:02d}", generator.integers(100, 9999)
            name = {"EI": "DONOR", "IE": "ACCEPTOR", "N": "NEG"}[label]
            text = letters(60, generator) if label == "N" else window(kind, 60, generator)
            rows.append([label, f"{gene}-{name}-{position}", text])
    for row in list(rows[::12]):  # the same site in another entry
        rows.append([row[0], row[1].replace("HUM", "CHP"), row[2]])
    contradiction = rows[70]
    rows.append(["N", contradiction[1].replace("ACCEPTOR", "NEG"), contradiction[2]])
    rows[5][2] = rows[5][2][:10] + "N" + rows[5][2][11:]
    return {"splice.data": "".join(f"{label},{name:>20},{text:>75}\n" for label, name, text in rows)}


def splice_gue(generator: np.random.Generator) -> Files:
    """Windows of 400 letters, 0 acceptor, 1 donor, 2 decoy; some decoys of both parts overlap."""
    files = {}
    shared = [letters(800, generator) for _ in range(4)]  # stretches of genome from which both parts take decoys
    for part, n in (("dev", 60), ("test", 40)):
        rows = [
            (window(kind, 400, generator), label) for label, kind in enumerate(("acceptor", "donor")) for _ in range(n)
        ]
        rows += [(window("decoy", 400, generator), 2) for _ in range(n)]
        starts = generator.integers(0, 400, n // 3)
        rows += [(shared[i % 4][start : start + 400], 2) for i, start in enumerate(starts)]
        rows.append(rows[0])  # a row that is there twice
        order = generator.permutation(len(rows))
        files[f"splice_reconstructed_{part}.csv"] = "sequence,label\n" + "".join(
            f"{rows[i][0]},{rows[i][1]}\n" for i in order
        )
    return files


def genomes_1pct(generator: np.random.Generator) -> Files:
    """Two chromosomes each of three species with annotated genes on both strands, as FASTA and GFF."""
    files = {}
    sources = {"C.elegans": "WormBase", "A.thaliana": "TAIR10", "D.melanogaster": "FlyBase"}
    for species, source in sources.items():
        fasta, gff = io.StringIO(), io.StringIO("##gff-version 3\n" if species != "C.elegans" else "")
        gff.seek(0, io.SEEK_END)
        for chromosome in ("I", "II"):
            text = letters(500, generator)
            for number in range(8):
                strand, start = "+-"[number % 2], len(text)
                gene, exons, inside = simulate_gene(generator)
                text += gene if strand == "+" else reverse_complement(gene)
                if strand == "-":
                    exons, inside = (
                        [(len(gene) - end, len(gene) - begin) for begin, end in reversed(spans)]
                        for spans in (exons, inside)
                    )
                exons, inside = ([(start + begin, start + end) for begin, end in spans] for spans in (exons, inside))
                name = f"gene{chromosome}{number}"
                write_gene(gff, chromosome, source, strand, (start, len(text)), exons, inside, name)
                text += letters(300, generator)
            fasta.write(f">{chromosome} 1..{len(text)}\n")
            fasta.writelines(f"{text[i : i + 60]}\n" for i in range(0, len(text), 60))
        files[f"{species}.fa.gz"], files[f"{species}.gff.gz"] = fasta.getvalue(), gff.getvalue()
    return files


def simulate_gene(generator: np.random.Generator) -> tuple[str, list[tuple[int, int]], list[tuple[int, int]]]:
    """A gene of four exons and three introns; its exons and their coding parts as 0-based half-open intervals."""
    n_codons = int(generator.integers(110, 160))
    text, protein, exons, inside = letters(60, generator, gc=0.5), coding(n_codons, generator), [], []
    ends, begin = [*np.sort(generator.choice(np.arange(60, 3 * n_codons - 60, 40), 3, replace=False)), len(protein)], 0
    used = 0
    for number, end in enumerate(ends):
        inside.append((len(text), len(text) + int(end) - used))
        text, used = text + protein[used:end], int(end)
        if number < 3:
            exons.append((begin, len(text)))
            text += site("donor", generator)[3:] + letters(int(generator.integers(60, 160)), generator, gc=0.35)
            text += site("acceptor", generator)[:14]
            begin = len(text)
    text += letters(60, generator, gc=0.5)
    return text, [*exons, (begin, len(text))], inside


def write_gene(
    gff: io.StringIO,
    chromosome: str,
    source: str,
    strand: str,
    span: tuple[int, int],
    exons: list[tuple[int, int]],
    inside: list[tuple[int, int]],
    name: str,
) -> None:
    def line(kind: str, start: int, end: int, attributes: str, origin: str = source, score: str = ".") -> None:
        gff.write(f"{chromosome}\t{origin}\t{kind}\t{start + 1}\t{end}\t{score}\t{strand}\t.\t{attributes}\n")

    line("gene", *span, f"ID={name}")
    line("mRNA", *span, f"ID={name}.1;Parent={name}")
    for exon in exons:
        line("exon", *exon, f"Parent={name}.1")
    for part in inside:
        line("CDS", *part, f"Parent={name}.1,{name}.1-Protein;")
    for (_, left), (right, _) in zip(exons, exons[1:], strict=False):
        line("intron", left, right, f"Name={name} intron", origin="RNASeq_splice", score="7")
