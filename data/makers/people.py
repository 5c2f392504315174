"""Reads of a person with their reference and true variants: na12878_chr20."""

from __future__ import annotations

import itertools

import numpy as np

from .common import Files, letters
from .formats import MAX_BLOCK, Bgzip, write_bam, write_tbi

# The chromosome is cut short after the window, and N before it, so that places are like those of the real files.
LENGTH, WINDOW = 10_020_000, (9_995_000, 10_020_000)
READS = (10_000_000, 10_003_500)
N_PAIRS = 320
CONTIGS = [("chr19", 59_128_983), ("chr20", LENGTH), ("chr21", 48_129_895)]
SAMPLE = "NA12878"
CONFIDENT = [(10_000_050, 10_001_400), (10_001_450, 10_002_300), (10_002_330, 10_002_600)]

VCF_HEADER = """##fileformat=VCFv4.1
##FILTER=<ID=GQlessthan70,Description="Sum of GQ for datasets with this variant less than 70">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Total read depth summed across all datasets, excluding MQ0 reads">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Net Genotype quality across all datasets, defined as difference between most likely and next most likely genotype likelihoods">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Net Genotype across all datasets">
##FORMAT=<ID=PS,Number=1,Type=Integer,Description="Phase set in which this variant falls">
##INFO=<ID=platforms,Number=1,Type=Integer,Description="Number of different platforms for which at least one callset called this genotype, whether filtered or not">
##INFO=<ID=platformnames,Number=.,Type=String,Description="Names of platforms for which at least one callset called this genotype, whether filtered or not">
##INFO=<ID=datasets,Number=1,Type=Integer,Description="Number of different datasets for which at least one callset called this genotype, whether filtered or not">
##INFO=<ID=callsets,Number=1,Type=Integer,Description="Number of different callsets that called this genotype, whether filtered or not">
"""  # noqa: E501
# Distance from the start of the reads, kind (or what is inserted, or how much is deleted), genotype.
VARIANTS = [
    (117, "snp", "0/1"), (331, "snp", "0/1"), (439, "snp", "1/1"), (598, "snp", "1/1"), (812, "AAGG", "1/1"),
    (1019, "snp", "0/1"), (1200, "snp", "0/1"), (1298, "snp", "1|1"), (1302, "snp", "1|1"), (1617, 2, "0/1"),
    (1805, "snp", "0/1"), (2058, "snp", "1/1"), (2240, "T", "0/1"), (2455, "snp", "0/1"), (2790, 5, "1/1"),
    (3021, "snp", "0/1"), (3190, "both", "1|2"),
]  # fmt: skip


def true_variants(reference: str, generator: np.random.Generator) -> list[tuple[int, str, list[str], str]]:
    """Position (from 0), reference letters, alternatives, genotype; in upper case."""
    variants = []
    for distance, kind, genotype in VARIANTS:
        position = READS[0] + distance
        here = reference[position - WINDOW[0] :].upper()
        if kind == "snp":
            ref, alts = here[0], [str(generator.choice([letter for letter in "ACGT" if letter != here[0]]))]
        elif kind == "both":
            ref, alts = here[:2], [here[0], here[:2] + "TT"]
        elif isinstance(kind, int):
            ref, alts = here[: 1 + kind], [here[0]]
        else:
            ref, alts = here[0], [here[0] + kind]
        variants.append((position, ref, alts, genotype))
    return variants


def haplotype(
    reference: str, variants: list[tuple[int, str, list[str], str]], copy: int
) -> list[tuple[str, int | None]]:
    """Letters of one copy of the chromosome, each with its place on the reference (None: inserted)."""
    bases: list[tuple[str, int | None]] = []
    position = WINDOW[0]
    for start, ref, alts, genotype in variants:
        allele = int(genotype[2 * copy])
        bases += [(reference[i - WINDOW[0]].upper(), i) for i in range(position, start)]
        text = [ref, *alts][allele]
        bases += [(letter, start + i if i < len(ref) else None) for i, letter in enumerate(text)]
        position = start + len(ref)
    return bases + [(reference[i - WINDOW[0]].upper(), i) for i in range(position, WINDOW[1])]


def align(bases: list[tuple[str, int | None]], n_clipped: int) -> tuple[int, list[tuple[str, int]]]:
    """Position and CIGAR of a read; `n_clipped` letters at its right end are not aligned."""
    operations, last = [], None
    for i, (_, place) in enumerate(bases):
        if i >= len(bases) - n_clipped:
            operations.append("S")
        elif place is None:
            operations.append("I" if last is not None else "S")
        else:
            operations += "D" * (place - last - 1 if last is not None else 0) + "M"
            last = place
    aligned = len(operations) - operations[::-1].index("M")
    operations[aligned:] = "S" * (len(operations) - aligned)  # no insertion at the end
    first = next(place for _, place in bases if place is not None)
    return first, [(operation, len(list(group))) for operation, group in itertools.groupby(operations)]


def difference(reference: str, position: int, cigar: list[tuple[str, int]], sequence: str) -> tuple[int, str]:
    """The tags NM (number of differences) and MD (where the reference differs)."""
    number, text, run, at = 0, "", 0, 0
    for operation, length in cigar:
        if operation == "M":
            for i in range(length):
                expected = reference[position - WINDOW[0] + i].upper()
                if sequence[at + i] == expected:
                    run += 1
                else:
                    number, text, run = number + 1, f"{text}{run}{expected}", 0
            position += length
        elif operation == "D":
            gone = reference[position - WINDOW[0] : position - WINDOW[0] + length].upper()
            number, text, run, position = number + length, f"{text}{run}^{gone}", 0, position + length
        elif operation == "I":
            number += length
        at += length if operation in "MIS" else 0
    return number, f"{text}{run}"


def sequenced(
    bases: list[tuple[str, int | None]], reverse: bool, generator: np.random.Generator
) -> tuple[str, list[int]]:
    """Letters as the machine reads them, in the direction of the reference, with qualities that fall along the read."""
    n = len(bases)
    level = generator.normal(38, 2) if generator.random() < 0.9 else generator.normal(22, 4)
    qualities = np.clip(level - 6 * (np.arange(n) / n) ** 2 + generator.normal(0, 2, n), 2, 41).astype(int)
    qualities = qualities[::-1] if reverse else qualities
    wrong = generator.random(n) < 10 ** (-qualities / 10)
    text = "".join(
        str(generator.choice([letter for letter in "ACGT" if letter != base])) if bad else base
        for (base, _), bad in zip(bases, wrong, strict=True)
    )
    return text, qualities.tolist()


def simulate_reads(reference: str, variants: list, generator: np.random.Generator) -> list[dict]:
    copies = [haplotype(reference, variants, copy) for copy in (0, 1)]
    reads = []
    for number in range(N_PAIRS):
        bases = copies[generator.integers(2)]
        insert = int(np.clip(generator.normal(320, 70), 130, 520))
        start = int(generator.integers(READS[0] - WINDOW[0], READS[1] - WINDOW[0] - insert))
        name = f"HSQ1004:134:C0D8DACXX:{number % 4 + 1}:{generator.integers(1101, 2309)}:{number + 1000}:{start}"
        first_is_reverse, pair = bool(generator.random() < 0.5), []
        quality = int(generator.choice([60, 29, 0], p=[0.94, 0.05, 0.01]))
        for reverse in (False, True):
            piece = bases[start + insert - 101 : start + insert] if reverse else bases[start : start + 101]
            sequence, qualities = sequenced(piece, reverse, generator)
            n_clipped = int(generator.integers(6, 35)) if not reverse and generator.random() < 0.06 else 0
            if n_clipped:
                sequence = sequence[:-n_clipped] + letters(n_clipped, generator)
            position, cigar = align(piece, n_clipped)
            n_differences, where = difference(reference, position, cigar, sequence)
            flag = 1 + 2 + (16 if reverse else 32) + (64 if reverse == first_is_reverse else 128)
            tags = {"RG": SAMPLE, "XT": "U", "NM": n_differences, "MD": where}
            pair.append(
                dict(name=name, flag=flag, contig=1, position=position, mapping_quality=quality, cigar=cigar,
                     sequence=sequence, qualities=qualities, tags=tags)
            )  # fmt: skip
        left, right = pair
        end = right["position"] + sum(n for operation, n in right["cigar"] if operation in "MD")
        for read, mate, sign in ((left, right, 1), (right, left, -1)):
            read.update(mate_position=mate["position"], template_length=sign * (end - left["position"]))
        if number % 60 == 7:  # a mate that could not be aligned is placed beside the other
            lost, kept = (left, right) if number % 120 == 7 else (right, left)
            lost_flag = (lost["flag"] & (1 | 64 | 128)) + 4 + (32 if kept["flag"] & 16 else 0)
            kept["flag"] = (kept["flag"] & (1 | 16 | 64 | 128)) + 8
            lost.update(flag=lost_flag, cigar=[], mapping_quality=0, position=kept["position"], tags={"RG": SAMPLE})
            lost.update(sequence=letters(101, generator), qualities=[2] * 101)
            for read in pair:
                read.update(template_length=0, mate_position=kept["position"])
        reads += pair
        if number % 50 == 3:  # the same fragment once more
            reads += [read | {"name": f"{name}1", "flag": read["flag"] | 1024} for read in pair]
    return sorted(reads, key=lambda read: (read["position"], read["flag"] & 4))


def na12878_chr20(generator: np.random.Generator) -> Files:
    """A reference with one window, paired reads of 101 letters, and the variants that they carry."""
    pieces = [letters(1000, generator, gc=0.42) for _ in range((WINDOW[1] - WINDOW[0]) // 1000)]
    reference = "".join(piece.lower() if i % 5 in (3, 4) else piece for i, piece in enumerate(pieces))  # repeats
    variants = true_variants(reference, generator)
    reads = simulate_reads(reference, variants, generator)
    header = "".join(f"@SQ\tSN:{name}\tLN:{length}\n" for name, length in CONTIGS)
    header += f"@RG\tID:{SAMPLE}\tSM:{SAMPLE}\n@PG\tID:bwa\tPN:bwa\tVN:simulated\n"
    bam, bai = write_bam(header, CONTIGS, reads)

    text = "N" * WINDOW[0] + reference
    lines = "".join(f"{text[i : i + 50]}\n" for i in range(0, LENGTH, 50)).encode()
    fasta = Bgzip([b">chr20\n", *(lines[i : i + MAX_BLOCK] for i in range(0, len(lines), MAX_BLOCK))])

    vcf = VCF_HEADER + "".join(f"##contig=<ID={name},length={length},assembly=b37>\n" for name, length in CONTIGS)
    vcf += "##fileDate=20260101\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tINTEGRATION\n"
    records = []
    for position, ref, alts, genotype in variants:
        info = "platforms=2;platformnames=Illumina,CG;datasets=2;callsets=3"
        values = f"{genotype}:.:{generator.integers(400, 900)}:{generator.integers(290, 1200)}"
        fields = ["chr20", position + 1, ".", ref, ",".join(alts), 50, "PASS", info, "GT:PS:DP:GQ", values]
        begin = len(vcf)
        vcf += "\t".join(map(str, fields)) + "\n"
        records.append((position, position + len(ref), begin, len(vcf)))
    packed = Bgzip([vcf.encode()])
    tbi = write_tbi("chr20", [(*record[:2], *map(packed.virtual, record[2:])) for record in records])

    bed = "".join(f"chr20\t{start}\t{end}\n" for start, end in CONFIDENT)
    stem, truth = "NA12878_S1.chr20.10_10p1mb.bam", "test_nist.b37_chr20_100kbp_at_10mb"
    return {
        stem: bam,
        f"{stem}.bai": bai,
        "ucsc.hg19.chr20.unittest.fasta.gz": fasta.content,
        "ucsc.hg19.chr20.unittest.fasta.gz.fai": f"chr20\t{LENGTH}\t7\t50\t51\n",
        "ucsc.hg19.chr20.unittest.fasta.gz.gzi": fasta.gzi(),
        f"{truth}.bed": bed,
        f"{truth}.vcf.gz": packed.content,
        f"{truth}.vcf.gz.tbi": tbi,
    }
