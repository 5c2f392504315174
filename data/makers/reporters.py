"""Sequences with a measured activity: mpra_ecoli_urtecho, mave_regulatory, utr5_sample2019."""

from __future__ import annotations

import numpy as np

from genodl_utils.sequences import reverse_complement

from .common import Files, letters, plant

LAC = "AATTAATGTGAGTTAGCTCACTCATTAGGCACCCCAGGCTTTACACTTTATGCTTCCGGCTCGTATGTTGTGTGG"
POLYSOME = [f"r{fraction}" for fraction in range(14)]
RIBOSOMES = np.array([0, 0.5, 1, 2, 3, 4, 4.8, 5.8, 7, 8.2, 9.5, 10.5, 12, 13])  # of each fraction, as in the real file
UTR_COLUMNS = ["utr", *map(str, range(14)), "total", *POLYSOME, "rh_total", "hrl", "id", "info1", "info2", "info3"]
UTR_COLUMNS += ["info4", "library", "mother", "designed", "match_score", "old_pred", "retrained_pred"]
UTR_COLUMNS += ["ret_pred_diff", "old_pred_diff", "obs_diff", "relative_pred_diff", "relative_obs_diff"]
UTR_COLUMNS += ["log_pred_diff", "log_obs_diff", "clnacc", "dbSNP", "seq", "single_rcv_id", "allele_id"]
UTR_COLUMNS += ["gene_symbol", "clin_sig", "rs_dbsnp", "phenotype"]


def mpra_ecoli_urtecho(generator: np.random.Generator) -> Files:
    """Windows of 150 letters out of one small genome, with a level that depends on the -35 and -10 boxes."""
    genome = letters(34_000, generator, gc=0.5)
    sites, place = [], 200
    while place < 33_700:  # starts of transcription; some windows overlap
        strand = "+" if generator.random() < 0.5 else "-"
        strong = generator.random() < 0.35
        if strong:
            site = f"TTGACA{letters(17, generator, gc=0.3)}TATAAT"
            first = place - 36
            genome = plant(
                genome, site if strand == "+" else reverse_complement(site), first + (0 if strand == "+" else 43)
            )
        sites.append((place, strand))
        place += int(generator.choice([2, 40, 110, 260], p=[0.1, 0.1, 0.3, 0.5]))
    full, parts = [], {"train": [], "test": []}

    def add(name: str, start: int, window: str, level: float) -> None:
        label = "active" if level >= 0.246 else "inactive"
        full.append(f"{window}\t{level:.15g}\t{start}\t{start + 150}\t{name}\t{label}")
        part = "test" if 6_000 < start < 15_000 else "train"
        parts[part].append(f"{window}\t{level:.12g}")

    for number, (place, strand) in enumerate(sites):
        start = place - 120 if strand == "+" else place - 30
        window = genome[start : start + 150]
        window = window if strand == "+" else reverse_complement(window)
        boxes = "TATAAT" in window[90:125] and "TTGACA" in window[60:100]
        level = float(generator.normal(0.03, 0.08))  # background: around zero, also below
        if boxes or generator.random() < 0.05:
            level = float(np.exp(generator.normal(1.0, 0.8)))
        add(f"TSS_{number + 1}_storz,{place},{strand}", start, window, level)
    for _ in range(6):  # parts of genes without a start
        start = int(generator.integers(15_500, 33_000))
        add(f"neg_control_{start}:{start + 150}", start, genome[start : start + 150], float(generator.normal(0, 0.08)))
    for source in (2, 11):  # a repeat: the same window at two places, once in each part
        window, level = full[source].split("\t")[:2]
        full.append(f"{window}\t{level}\t5000\t5150\tTSS_{900 + source}_storz,5120,+\t{full[source].split()[-1]}")
        parts["test"].append(parts["train"][source])
    full.append(f"{letters(50, generator)}\t37.1\tNA\tNA\tpos_control_apFAB70\tactive")
    return {
        "tss_expression_model_format.txt": "\n".join(full) + "\n",
        **{
            f"tss_expression_model_format_{part}_genome_split.txt": "\n".join(rows) + "\n"
            for part, rows in parts.items()
        },
    }


def splice_activity(site: str) -> float:
    """Logarithm of the share of RNAs that keep the exon: high only if the whole site is good."""
    score = sum(a == b for a, b in zip(site, "CAGGUAAGU", strict=True)) + 1.5 * (site[4] == "U") + (site[3:6] == "GUA")
    return -1.6 + 2.2 / (1 + np.exp(-2.5 * (score - 7.5)))


def splice_rows(sites: list[str], scale: float, generator: np.random.Generator) -> str:
    """Counts in two pools, RNA that keeps the exon and all RNA, and the value that the real files compute."""
    lines = ["set,tot_ct,ex_ct,y,x"]
    for site in sites:
        total = int(np.exp(generator.normal(4.6, 1.0))) + 10
        kept = int(generator.poisson(total * 6 * 10 ** (splice_activity(site) - 0.6)))
        value = np.log10((kept + 1) / (total + 1)) + scale
        lines.append(f"{part_of(generator)},{total},{kept},{value:.15g},{site}")
    return "\n".join(lines) + "\n"


def part_of(generator: np.random.Generator) -> str:
    return str(generator.choice(["training", "validation", "test"], p=[0.6, 0.2, 0.2]))


def mave_regulatory(generator: np.random.Generator) -> Files:
    """Splice sites with counts in two libraries, and lac promoters with their reads in ten bins."""
    sites: list[str] = []
    while len(sites) < 500:
        site = [str(generator.choice(list("ACGU"))) for _ in range(9)]
        for i, letter in enumerate("CAGGUAAGU"):  # more good sites than by chance, or nothing could be learned
            if generator.random() < 0.35:
                site[i] = letter
        site[3], site[4] = "G", str(generator.choice(["U", "C"]))
        if "".join(site) not in sites:
            sites.append("".join(site))
    weights = generator.normal(0, 0.25, 75)
    weights[list(range(6, 28))] -= 0.35  # CRP
    weights[list(range(39, 45))] -= 1.0  # -35
    weights[list(range(62, 68))] -= 1.2  # -10
    lines = ["set," + ",".join(f"ct_{bin}" for bin in range(10)) + ",x"]
    for _ in range(700):
        mutated = generator.random(75) < 0.12
        text = "".join(str(generator.choice(list("ACGT"))) if m else a for m, a in zip(mutated, LAC, strict=True))
        changed = np.array([a != b for a, b in zip(text, LAC, strict=True)])
        center = 1 + 8 / (1 + np.exp(-(2.5 + changed @ weights)))
        n_reads = 1 + (generator.random() < 0.04)
        bins = {int(np.clip(round(generator.normal(center, 1.8)), 1, 9)) for _ in range(n_reads)}
        if generator.random() < 0.11:
            bins = {0}  # read in the library before sorting, whatever its activity
        counts = ",".join("1" if bin in bins else "0" for bin in range(10))  # never two reads in one bin
        lines.append(f"{part_of(generator)},{counts},{text}")
    return {
        "mpsa_data.csv.gz": splice_rows(sites, 1.0087, generator),
        "mpsa_replicate_data.csv.gz": splice_rows(sites[25:], 0.6332, generator),
        "sortseq_data.csv.gz": "\n".join(lines) + "\n",
    }


def utr5_sample2019(generator: np.random.Generator) -> Files:
    """Families of a 5' UTR and its variants; an ATG in the UTR lowers the mean ribosome load."""
    lines = ["," + ",".join(UTR_COLUMNS)]
    for family in range(55):
        mother = letters(50, generator, gc=float(generator.uniform(0.35, 0.75)))
        for member in range(int(generator.integers(1, 5))):
            place, kind = int(generator.integers(50)), "snv"
            utr = mother if member == 0 else plant(mother, str(generator.choice(list("ACGT"))), place)
            if member and utr == mother:
                continue
            if member == 3:  # a deletion moves all letters before it
                utr, kind = letters(1, generator) + mother[:place] + mother[place + 1 :], "del"
            load = 6.3 - 3 * (utr.count("G") + utr.count("C")) / 50 + (-1.8 if "ATG" in utr else 0.8)
            load += float(generator.normal(0, 0.3))
            shares = np.exp(-((RIBOSOMES - load) ** 2) / 18)
            total = int(np.exp(generator.normal(5.8, 0.9))) + 101
            counts = generator.multinomial(total, shares / shares.sum())
            profile = counts / counts.sum()
            measured = float(profile @ RIBOSOMES)
            guess = measured + float(generator.normal(0, 0.4))
            row = [utr, *counts, counts.sum(), *(f"{share:.6f}" for share in profile), "0.001", f"{measured:.6f}"]
            row += [
                f"NC_000001.11:g.{family}A>G",
                f"rs{1000 + family}",
                f"chr1:{family * 1000}-{family * 1000 + 83}",
                kind,
            ]
            row += ["variant" if member else "normal", "snv", mother, True, "0.0", f"{guess:.4f}", f"{guess + 0.3:.4f}"]
            row += ["0.0"] * 7 + ["RCV1", f"rs{1000 + family}", utr + "ATG", "RCV1", 1, f"GENE{family // 2}"]
            row += [
                str(generator.choice(["Benign", "Uncertain significance", "Pathogenic"])),
                1000 + family,
                "not specified",
            ]
            lines.append(f"{len(lines) - 1}," + ",".join(map(str, row)))
    return {"snv_phenotype_log_diff.csv": "\n".join(lines) + "\n"}
