"""Bacterial genomes with annotation, and promoters cut out of one: ecoli_k12, promoter_bacteria, spyogenes."""

from __future__ import annotations

import dataclasses
import functools
import textwrap

import numpy as np
from Bio.Seq import translate

from genodl_utils.sequences import reverse_complement
from genodl_utils.simulate import sample_motif

from .common import Files, fasta, generator_for, letters

CONTIG = "NC_000913.3"
ORGANISM = "Escherichia coli str. K-12 substr. MG1655"
N_GENES = 112  # at least
N_NEGATIVES = 240

# Letters A, C, G, T at the three positions of a codon: what sets coding sequence apart from the rest.
CODON = np.array([[0.26, 0.24, 0.35, 0.15], [0.30, 0.23, 0.17, 0.30], [0.18, 0.28, 0.29, 0.25]])
PREFERENCE = {
    "CTG": 2.5,
    "GCG": 1.6,
    "GAA": 1.6,
    "AAA": 1.6,
    "CTA": 0.2,
    "AGA": 0.1,
    "AGG": 0.1,
    "ATA": 0.2,
    "CGA": 0.2,
}
STOPS = ("TAA", "TAG", "TGA")
MINUS_35 = np.array([[3, 4, 3, 90], [4, 3, 8, 85], [3, 5, 85, 7], [80, 6, 6, 8], [8, 75, 7, 10], [75, 8, 7, 10]]) / 100
MINUS_10 = np.array([[3, 5, 2, 90], [93, 2, 3, 2], [10, 8, 7, 75], [75, 8, 9, 8], [70, 10, 8, 12], [2, 2, 2, 94]]) / 100

# Genes of their own kind, in the order in which they stand on the genome, among others with made-up names.
NAMES = {
    0: "thrL",
    1: "thrA",
    2: "thrB",
    3: "thrC",
    20: "lacI",
    21: "lacZ",
    50: "prfB",
    62: "fdhF",
    70: "recA",
    80: "dnaA",
}
RNAS = {
    12: ("rrsH", "rRNA", "16S ribosomal RNA", 900),
    13: ("ileV", "tRNA", "tRNA-Ile", 77),
    14: ("rrlH", "rRNA", "23S ribosomal RNA", 1200),
    55: ("rrsA", "rRNA", "16S ribosomal RNA", 900),  # a second copy
    56: ("alaT", "tRNA", "tRNA-Ala", 76),
    66: ("sokC", "ncRNA", "small regulatory RNA antitoxin SokC", 59),
}
PSEUDOGENES = {30: "yafF", 31: "crl"}


@dataclasses.dataclass
class Gene:
    """A gene with its segments as 0-based half-open intervals, in the order in which they are read."""

    name: str
    kind: str
    product: str
    segments: list[tuple[int, int]]
    strand: str = "+"
    number: int = 0
    stop_read_as_sec: int | None = None  # start of a TGA that is not a stop

    @property
    def span(self) -> tuple[int, int]:
        return min(start for start, _ in self.segments), max(end for _, end in self.segments)

    def moved(self, offset: int, length: int | None) -> Gene:
        """The gene after its surroundings of `length` letters (None: not reversed) were put at `offset`."""

        def place(start: int, end: int) -> tuple[int, int]:
            return (
                (offset + start, offset + end) if length is None else (offset + length - end, offset + length - start)
            )

        sec = self.stop_read_as_sec
        return dataclasses.replace(
            self,
            segments=[place(*segment) for segment in self.segments],
            strand="+" if length is None else "-",
            stop_read_as_sec=None if sec is None else place(sec, sec + 3)[0],
        )


@functools.cache
def codon_table() -> tuple[list[str], np.ndarray]:
    codons = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
    weights = np.einsum("i,j,k->ijk", *CODON).ravel()
    weights *= [0 if codon in STOPS else PREFERENCE.get(codon, 1) for codon in codons]
    return codons, weights / weights.sum()


def coding(n_codons: int, generator: np.random.Generator) -> str:
    """A start codon, codons without a stop, and a stop codon."""
    codons, weights = codon_table()
    start = str(generator.choice(["ATG", "GTG", "TTG"], p=[0.9, 0.08, 0.02]))
    inner = generator.choice(codons, n_codons - 2, p=weights)
    return start + "".join(inner) + str(generator.choice(STOPS, p=[0.63, 0.08, 0.29]))


def promoter(generator: np.random.Generator, *, gc: float = 0.4) -> str:
    """81 letters, from 60 before the start of transcription to 20 after it."""
    text = letters(81, generator, gc=gc)
    gap = int(generator.integers(16, 19))
    box_35, box_10 = sample_motif(MINUS_35, 1, generator)[0], sample_motif(MINUS_10, 1, generator)[0]
    start = 48 - gap - 6
    return text[:start] + box_35 + text[start + 6 : 48] + box_10 + text[54:]


def protein_gene(index: int, generator: np.random.Generator) -> tuple[str, list[tuple[int, int]], int | None]:
    """The letters of a gene, its segments, and where a TGA is read as selenocysteine."""
    name = NAMES.get(index)
    n_codons = 22 if name == "thrL" else int(np.clip(generator.gamma(4, 50), 45, 500))
    text = coding(n_codons, generator)
    if name == "prfB":  # the ribosome slips over one letter after codon 25
        text = text[:72] + "CTT" + "T" + "GAC" + text[78:]
        return text, [(0, 75), (76, len(text))], None
    if name == "fdhF":
        text = text[:90] + "TGA" + text[93:]
        return text, [(0, len(text))], 90
    return text, [(0, len(text))], None


def transcription_unit(
    first: int, generator: np.random.Generator, copies: dict[str, str]
) -> tuple[str, list[Gene], list[int]]:
    """One or two promoters and one to three genes on the forward strand: letters, genes, starts of the promoters."""
    text, genes, promoters = letters(int(generator.integers(20, 70)), generator, gc=0.42), [], []
    for number in range(1 + (generator.random() < 0.35)):
        if number and generator.random() < 0.7:  # the second promoter overlaps the first
            shift = int(generator.integers(12, 60))
            text = text[: promoters[0] + shift] + promoter(generator)
        else:
            text += promoter(generator)
        promoters.append(len(text) - 81)
    text += letters(int(generator.integers(2, 25)), generator, gc=0.42) + "AGGAGG" + letters(7, generator, gc=0.3)
    if first in RNAS:
        name, kind, product, length = RNAS[first]
        letters_of = copies.setdefault(product, letters(length, generator, gc=0.54))
        return text + letters_of, [Gene(name, kind, product, [(len(text), len(text) + length)])], promoters
    if first in PSEUDOGENES:
        gene, _, _ = protein_gene(first, generator)
        start, cut = len(text), 71
        text += gene[:cut] + letters(60, generator) + gene[cut:]
        pieces = [(start, start + cut), (start + cut + 60, len(text))]
        kind = "pseudogene" if PSEUDOGENES[first] == "yafF" else "pseudogene with CDS"
        return text, [Gene(PSEUDOGENES[first], kind, "gene in pieces", pieces)], promoters
    n_genes = 4 if first == 0 else int(generator.choice([1, 2, 3], p=[0.65, 0.25, 0.1]))
    if any(other in RNAS or other in PSEUDOGENES for other in range(first + 1, first + n_genes)):
        n_genes = 1
    for index in range(first, first + n_genes):
        gene, segments, sec = protein_gene(index, generator)
        if genes and generator.random() < 0.4 and text[-6:-4] not in ("TA", "TG") and index not in NAMES:
            text, gene = text[:-4], "ATGA" + gene[4:]  # the stop of one gene overlaps the start of the next: ATGA
        elif genes:
            text += letters(int(generator.integers(4, 40)), generator, gc=0.42)
        start, sec = len(text), None if sec is None else len(text) + sec
        name = NAMES.get(index, "y" + "".join(chr(97 + index // 26**i % 26) for i in (1, 0)) + "ABCDEFG"[index % 7])
        segments = [(start + a, start + b) for a, b in segments]
        genes.append(Gene(name, "CDS", f"simulated protein {index + 1}", segments, stop_read_as_sec=sec))
        text += gene
    return text, genes, promoters


@functools.cache
def genome() -> tuple[str, list[Gene], list[tuple[int, str]]]:
    """The genome, its genes, and its promoters (start of the 81 letters, strand)."""
    generator, copies = generator_for("ecoli_k12"), {}
    text, genes, promoters = letters(100, generator, gc=0.42), [], []
    while len(genes) < N_GENES:
        unit, new_genes, new_promoters = transcription_unit(len(genes), generator, copies)
        named = {gene.name for gene in new_genes}
        reverse = "prfB" in named or (not named & {"thrL", "fdhF"} and generator.random() < 0.5)
        offset, length = len(text), len(unit) if reverse else None
        genes += [gene.moved(offset, length) for gene in new_genes]
        if reverse:
            promoters += [(offset + len(unit) - start - 81, "-") for start in new_promoters]
        else:
            promoters += [(offset + start, "+") for start in new_promoters]
        text += reverse_complement(unit) if reverse else unit
        text += letters(int(generator.integers(10, 60)), generator, gc=0.42)
    genes.sort(key=lambda gene: gene.span)
    return text, [dataclasses.replace(gene, number=i + 1) for i, gene in enumerate(genes)], sorted(promoters)


def read(text: str, gene: Gene) -> str:
    """The letters of a gene in the direction of reading."""
    pieces = (text[start:end] for start, end in gene.segments)
    return "".join(pieces if gene.strand == "+" else map(reverse_complement, pieces))


def ecoli_k12(_: np.random.Generator) -> Files:
    """One circular chromosome as FASTA, GenBank and GFF, with genes on both strands."""
    text, genes, _ = genome()
    name = "GCF_000005845.2_ASM584v2_genomic"
    return {
        f"{name}.fna.gz": fasta(f"{CONTIG} {ORGANISM}, complete genome (simulated)", text, 80),
        f"{name}.gbff.gz": write_genbank(text, genes),
        f"{name}.gff.gz": write_gff(text, genes),
    }


def write_gff(text: str, genes: list[Gene]) -> str:
    lines = ["##gff-version 3", "#!gff-spec-version 1.21", "#!processor simulated", "#!genome-build ASM584v2"]
    lines += ["#!genome-build-accession NCBI_Assembly:GCF_000005845.2", f"##sequence-region {CONTIG} 1 {len(text)}"]
    lines += ["##species https://www.ncbi.nlm.nih.gov/Taxonomy/Browser/wwwtax.cgi?id=511145"]

    def line(kind: str, segment: tuple[int, int], strand: str, attributes: str, phase: str | int = ".") -> None:
        lines.append("\t".join(map(str, (CONTIG, "RefSeq", kind, segment[0] + 1, segment[1], ".", strand, phase)))
                     + "\t" + attributes)  # fmt: skip

    whole = f"ID={CONTIG}:1..{len(text)};Dbxref=taxon:511145;Is_circular=true;Name=ANONYMOUS;gbkey=Src"
    line("region", (0, len(text)), "+", f"{whole};genome=chromosome;mol_type=genomic DNA;strain=K-12;substrain=MG1655")
    for gene in genes:
        tag, same = f"b{gene.number:04d}", f"gene={gene.name};locus_tag=b{gene.number:04d}"
        database = f"Dbxref=GeneID:{900000 + gene.number}"
        pseudo = gene.kind.startswith("pseudogene")
        biotype = "pseudogene" if pseudo else {"CDS": "protein_coding"}.get(gene.kind, gene.kind)
        line(
            "pseudogene" if pseudo else "gene", gene.span, gene.strand,
            f"ID=gene-{tag};{database};Name={gene.name};gbkey=Gene;gene={gene.name};gene_biotype={biotype};"
            f"gene_synonym=ECK{gene.number:04d};locus_tag={tag}" + ";pseudo=true" * pseudo,
        )  # fmt: skip
        if gene.kind == "CDS":
            protein = f"NP_{900000 + gene.number}.1"
            extra = "exception=ribosomal slippage;" if len(gene.segments) > 1 else ""
            end = "transl_table=11"
            if gene.stop_read_as_sec is not None:
                end = f"transl_except=(pos:{sec_position(gene)}%2Caa:Sec);{end}"
            attributes = f"ID=cds-{protein};Parent=gene-{tag};{database};Name={protein};{extra}gbkey=CDS;{same}"
            for segment in gene.segments:
                ending = f"product={gene.product};protein_id={protein};{end}"
                line("CDS", segment, gene.strand, f"{attributes};{ending}", 0)
        elif gene.kind == "pseudogene with CDS":
            phases = (0, -(gene.segments[0][1] - gene.segments[0][0]) % 3)
            attributes = f"ID=cds-gnl|{tag}|CDS%3D1;Parent=gene-{tag};{database};gbkey=CDS;{same}"
            for segment, phase in zip(gene.segments, phases, strict=True):
                ending = f"product={gene.product};pseudo=true;transl_table=11"
                line("CDS", segment, gene.strand, f"{attributes};{ending}", phase)
        elif not pseudo:
            rest = f"{database};gbkey={gene.kind};{same};product={gene.product}"
            line(gene.kind, gene.span, gene.strand, f"ID=rna-{tag};Parent=gene-{tag};{rest}")
            if gene.kind != "ncRNA":
                line("exon", gene.span, gene.strand, f"ID=exon-{tag}-1;Parent=rna-{tag};{rest}")
    return "\n".join(lines) + "\n###\n"


def sec_position(gene: Gene) -> str:
    start = gene.stop_read_as_sec + 1
    return f"{start}..{start + 2}" if gene.strand == "+" else f"complement({start}..{start + 2})"


def ec_number(gene: Gene) -> str:
    """The number of the reaction that every second protein speeds up; spyogenes has relatives of some of them."""
    return f"{gene.number % 6 + 1}.1.1.{gene.number}" if gene.number % 2 else ""


def relative(gene: str, generator: np.random.Generator) -> str:
    """A coding sequence of which two fifths of the codons were drawn anew."""
    codons = [gene[i : i + 3] for i in range(0, len(gene), 3)]
    others = [codon for codon in codons[1:-1] if codon not in STOPS]
    for i in range(1, len(codons) - 1):
        if codons[i] in STOPS or generator.random() < 0.4:
            codons[i] = others[generator.integers(len(others))]
    return "".join(codons)


def location(segments: list[tuple[int, int]], strand: str) -> str:
    text = ",".join(f"{start + 1}..{end}" for start, end in sorted(segments))
    text = f"join({text})" if len(segments) > 1 else text
    return f"complement({text})" if strand == "-" else text


def feature_lines(kind: str, place: str, qualifiers: list[str]) -> list[str]:
    """One feature of a GenBank file: its place, then its qualifiers in lines of 58 letters."""
    rows = [row for qualifier in qualifiers for row in textwrap.wrap(qualifier, 58, break_on_hyphens=False)]
    return [f"     {kind:16s}{place}", *(" " * 21 + row for row in rows)]


def origin_lines(text: str) -> list[str]:
    """The sequence at the end of a GenBank file, ten letters a block, six blocks a line."""
    lines = (text[start : start + 60].lower() for start in range(0, len(text), 60))
    return [
        "ORIGIN",
        *(f"{60 * i + 1:9d} " + " ".join(textwrap.wrap(line, 10)) for i, line in enumerate(lines)),
        "//",
        "",
    ]


def write_genbank(text: str, genes: list[Gene]) -> str:
    lines = [
        f"LOCUS       NC_000913            {len(text):7d} bp    DNA     circular CON 01-JAN-2026",
        f"DEFINITION  {ORGANISM}, complete genome (simulated).",
        "ACCESSION   NC_000913",
        f"VERSION     {CONTIG}",
        "KEYWORDS    RefSeq.",
        f"SOURCE      {ORGANISM}",
        f"  ORGANISM  {ORGANISM}",
        "            Bacteria; Proteobacteria; Gammaproteobacteria; Enterobacterales;",
        "            Enterobacteriaceae; Escherichia.",
        "COMMENT     Simulated: not the sequence of any organism.",
        "FEATURES             Location/Qualifiers",
    ]

    source = ['/organism="' + ORGANISM + '"', '/mol_type="genomic DNA"', '/strain="K-12"', '/sub_strain="MG1655"']
    lines += feature_lines("source", f"1..{len(text)}", [*source, '/db_xref="taxon:511145"'])
    for gene in genes:
        common = [f'/gene="{gene.name}"', f'/locus_tag="b{gene.number:04d}"', f'/gene_synonym="ECK{gene.number:04d}"']
        pseudo = ["/pseudo"] if gene.kind.startswith("pseudogene") else []
        database = [f'/db_xref="GeneID:{900000 + gene.number}"']
        lines += feature_lines("gene", location([gene.span], gene.strand), common + pseudo + database)
        product = [f'/product="{gene.product}"']
        if gene.kind == "CDS":
            protein = str(translate(read(text, gene), table=11))[:-1].replace("*", "U")
            slippage = ["/ribosomal_slippage"] if len(gene.segments) > 1 else []
            sec = [] if gene.stop_read_as_sec is None else [f"/transl_except=(pos:{sec_position(gene)},aa:Sec)"]
            number = [f'/EC_number="{ec_number(gene)}"'] if ec_number(gene) else []
            qualifiers = [*common, *slippage, *number, "/codon_start=1", *sec, "/transl_table=11", *product]
            qualifiers += [f'/protein_id="NP_{900000 + gene.number}.1"', *database, f'/translation="M{protein[1:]}"']
            lines += feature_lines("CDS", location(gene.segments, gene.strand), qualifiers)
        elif gene.kind == "pseudogene with CDS":
            qualifiers = [*common, "/pseudo", "/codon_start=1", "/transl_table=11", *product, *database]
            lines += feature_lines("CDS", location(gene.segments, gene.strand), qualifiers)
        elif not pseudo:
            classes = ['/ncRNA_class="other"'] if gene.kind == "ncRNA" else []
            lines += feature_lines(
                gene.kind, location(gene.segments, gene.strand), classes + common + product + database
            )
    return "\n".join(lines + origin_lines(text))


def promoter_bacteria(generator: np.random.Generator) -> Files:
    """Windows of 81 letters around starts of transcription, and windows opposite to genes, all out of the genome."""
    text, genes, promoters = genome()
    positive, negative = [], []
    for number, (start, strand) in enumerate(promoters):
        window = text[start : start + 81] if strand == "+" else reverse_complement(text[start : start + 81])
        # Positions are those of an older assembly, as in the real file.
        position = (start + 61 if strand == "+" else start + 21) - (77 if start < len(text) / 2 else 197)
        after = [gene for gene in genes if gene.span[0] > start] or genes[-1:]
        before = [gene for gene in genes if gene.span[1] < start + 81] or genes[:1]
        gene = after[0] if strand == "+" else before[-1]  # the first one that is read from here
        name, strand = f"{gene.name}p", {"+": "forward", "-": "reverse"}[strand]
        positive.append(fasta(f"ECK1200{10467 + number}__{name}__{strand}__{max(position, 1)}", window, 60))
    proteins, taken = [gene for gene in genes if gene.kind == "CDS" and len(gene.segments) == 1], set()
    while len(negative) < N_NEGATIVES:
        gene = proteins[generator.integers(len(proteins))]
        start = int(generator.integers(gene.span[0], max(gene.span[0] + 1, gene.span[1] - 81)))
        if start in taken or gene.span[1] - gene.span[0] < 81:
            continue
        taken.add(start)
        window = text[start : start + 81]  # the strand opposite to the gene
        negative.append(f"> {start + 60}\n{reverse_complement(window) if gene.strand == '+' else window}\n")
    return {
        "Ecoli_prom.fa": "".join(positive),
        "Ecoli_non_prom.fa": "".join(negative),
        "Bacillus_prom.fa": "".join(f">gene{number}\n{promoter(generator, gc=0.3)}\n" for number in range(60)),
        "Bacillus_non_prom.fa": "".join(
            f"> {4_214_020 + 244 * number}\n{reverse_complement(coding(27, generator))}\n" for number in range(120)
        ),
    }


def spyogenes(generator: np.random.Generator) -> Files:
    """One chromosome poor in G and C, as a GenBank file of the RAST server: no gene names, prophage genes marked."""
    text, places = letters(150, generator, gc=0.33), []
    changes, (ecoli, genes, _) = generator_for("spyogenes relatives"), genome()
    enzymes = [
        g for g in genes if g.kind == "CDS" and len(g.segments) == 1 and ec_number(g) and g.stop_read_as_sec is None
    ]
    for number in range(46):
        reverse, phage = generator.random() < 0.5, 20 <= number < 26
        unit = letters(int(generator.integers(30, 90)), generator, gc=0.33) + "AGGAGG" + letters(7, generator, gc=0.25)
        gene, number_of = poor_in_gc(coding(int(np.clip(generator.gamma(4, 35), 32, 300)), generator), generator), ""
        if number % 2 == 0 and not phage:  # a relative of a protein of ecoli_k12
            source = enzymes[number // 2 % len(enzymes)]
            gene, number_of = relative(read(ecoli, source), changes), ec_number(source)
        offset, length = len(text), len(unit) + len(gene)
        unit += gene
        places.append((offset, offset + len(gene), "-", phage, number_of) if reverse else
                      (offset + length - len(gene), offset + length, "+", phage, number_of))  # fmt: skip
        text += reverse_complement(unit) if reverse else unit
        if (
            number % 5 == 4 and not reverse and text[-6:-4] not in ("TA", "TG")
        ):  # the next gene overlaps the stop of this one by four letters: ATGA
            gene = "ATGA" + poor_in_gc(coding(60, generator), generator)[4:]
            text = text[:-4] + gene
            places.append((len(text) - len(gene), len(text), "+", phage, ""))
    return {"Streptococcus_pyogenes_M1_GAS.gb": write_rast(text + letters(150, generator, gc=0.33), places)}


def poor_in_gc(gene: str, generator: np.random.Generator) -> str:
    """Replace most third letters C and G by T and A where the amino acid stays the same."""
    codons = [gene[i : i + 3] for i in range(0, len(gene), 3)]
    for i in range(1, len(codons) - 1):
        other = codons[i][:2] + {"C": "T", "G": "A"}.get(codons[i][2], codons[i][2])
        if generator.random() < 0.7 and translate(other) == translate(codons[i]):
            codons[i] = other
    return "".join(codons)


def write_rast(text: str, places: list[tuple[int, int, str, bool, str]]) -> str:
    """A GenBank file as RAST writes it: nameless features, qualifiers that no other program knows."""
    n = len(text)
    lines = [
        f"LOCUS       NC_002737            {n:>7} bp    DNA     linear   UNK 01-JAN-1980",
        "DEFINITION  Streptococcus pyogenes M1 GAS (simulated).",
        "ACCESSION   NC_002737",
        "VERSION     NC_002737",
        "KEYWORDS    .",
        "SOURCE      Streptococcus pyogenes M1 GAS",
        "  ORGANISM  Streptococcus pyogenes M1 GAS",
        "            Bacteria; Firmicutes; Bacilli; Lactobacillales; Streptococcaceae;",
        "            Streptococcus.",
        "FEATURES             Location/Qualifiers",
    ]

    lines += feature_lines("source", f"1..{n}", ['/db_xref="taxon:160490"', '/mol_type="genomic DNA"'])
    lines += feature_lines("fasta_record", f"1..{n}", ['/label="NC_002737"'])
    for number, (start, end, strand, phage, number_of) in enumerate(sorted(places), start=1):
        place = f"{start + 1}..{end}"
        gene = text[start:end] if strand == "+" else reverse_complement(text[start:end])
        tool = "glimmer3" if number % 16 == 4 else "prodigal"
        protein = translate(gene[3:], table=11, to_stop=True)
        lines += feature_lines(
            "CDS",
            place if strand == "+" else f"complement({place})",
            [
                "/transl_table=11",
                f'/translation="M{protein}"',
                '/product="hypothetical protein"',
                f'/db_xref="RAST2:fig|160490.61.peg.{number}"',
                f'/note="rasttk_feature_creation_tool={tool}"',
                *([f'/EC_number="{number_of}"'] if number_of else []),
                *(['/is_phage="1"'] if phage else []),
            ],
        )
    return "\n".join(lines + origin_lines(text))
