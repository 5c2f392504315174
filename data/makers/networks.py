"""Graphs: drugs, diseases and genes (rephetio_kg), and pairs of proteins (yeast_ppi)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .common import Files

N_DRUGS, N_DISEASES, N_GENES, N_THEMES = 60, 15, 120, 5
N_PROTEINS, N_PAIRS = 120, 360
RESIDUES = np.array(list("ACDEFGHIKLMNPQRSTVWY"))


def table(header: str, rows: Iterable[tuple[object, ...]]) -> str:
    return "".join("\t".join(map(str, row)) + "\n" for row in [tuple(header.split()), *rows])


def rephetio_kg(generator: np.random.Generator) -> Files:
    """Drugs, diseases and genes have themes; edges lie mostly within a theme, and some drugs are variants of one."""
    drugs = [f"DB9{number:04d}" for number in range(N_DRUGS)]
    diseases = [f"DOID:9{number:04d}" for number in range(N_DISEASES)]
    genes = 900_000 + np.arange(N_GENES)
    theme_of_drug = [number % N_THEMES for number in range(N_DRUGS)]
    theme_of_disease = [number % N_THEMES for number in range(N_DISEASES)]
    by_theme = genes.reshape(N_THEMES, -1)

    def draw(theme: int, n: int) -> list[int]:
        pool = np.where(generator.random(n) < 0.8, generator.choice(by_theme[theme], n), generator.choice(genes, n))
        return sorted({int(gene) for gene in pool})

    indications: list[tuple[object, ...]] = []
    for number, (drug, theme) in enumerate(zip(drugs, theme_of_drug, strict=True)):
        same = np.array(theme_of_disease) == theme
        near, far = np.flatnonzero(same), np.flatnonzero(~same)
        chosen = {int(disease): "DM" for disease in generator.choice(near, 1 + number % 3, replace=False)}
        for category, pool in (("SYM", far), ("NOT", far), ("NOT", near)):
            if generator.random() < 0.4:
                chosen.setdefault(int(generator.choice(pool)), category)
        indications += [(diseases[at], drug, f"disease {at}", f"drug {number}", kind) for at, kind in chosen.items()]
    indications = [(*row, int(generator.integers(1, 4)), int(generator.integers(1, 5))) for row in indications]

    proteins: list[tuple[object, ...]] = []
    for number, (drug, theme) in enumerate(zip(drugs, theme_of_drug, strict=True)):
        if number % 10 == 9:  # no target is known
            continue
        edges = [("target", gene) for gene in draw(theme, 1 + number % 4)]
        edges += [("enzyme", gene) for gene in draw(theme, 2)]
        edges += [("transporter", gene) for gene in draw(theme, number % 2)]
        action = str(generator.choice(["yes", "unknown"]))
        proteins += [(drug, kind, f"P{gene}", gene, "Human", action, "inhibitor", "") for kind, gene in edges]
        proteins.append((drug, "target", f"Q{number:05d}", "", "Escherichia coli (strain K12)", "unknown", "", ""))

    associations = []
    for number, (disease, theme) in enumerate(zip(diseases, theme_of_disease, strict=True)):
        for locus, gene in enumerate([] if number == N_DISEASES - 1 else draw(theme, 12)):
            sure, first = int(generator.random() < 0.5), int(generator.random() < 0.6)
            status = f"{'HC' if sure else 'LC'}-{'P' if first else 'S'}"
            associations.append((disease, f"disease {number}", locus, sure, first, status, gene, f"GENE{gene}"))

    families = np.where(np.arange(N_DRUGS) % 20 == 5, np.arange(N_DRUGS) - N_THEMES, np.arange(N_DRUGS))
    structures = []
    for number, (drug, family) in enumerate(zip(drugs, families, strict=True)):
        skeleton = "".join(chr(65 + (int(family) // 26**place) % 26) for place in range(14))
        key = f"InChIKey={skeleton}-{chr(65 + number % 26) * 8}SA-N"
        structures.append(
            (drug, f"drug_{number}", "small molecule", "approved", "", "", key, "InChI=1S/CH4/h1H4", "simulated")
        )

    kinds = ("DM", "SYM", "NOT")

    def totals(column: int, name: int) -> list[tuple[object, ...]]:
        rows: dict[tuple[object, ...], list[int]] = {}
        for row in indications:
            rows.setdefault((row[column], row[name]), [0, 0, 0])[kinds.index(str(row[4]))] += 1
        return [(*key, *counts, sum(counts)) for key, counts in rows.items()]

    return {
        "indications.tsv": table("doid_id drugbank_id disease drug category n_curators n_resources", indications),
        "diseases.tsv": table("doid_id disease DM SYM NOT total", totals(0, 2)),
        "drugs.tsv": table("drugbank_id drug DM SYM NOT total", totals(1, 3)),
        "proteins.tsv": table(
            "drugbank_id category uniprot_id entrez_gene_id organism known_action actions pubmed_ids", proteins
        ),
        "drugbank-slim.tsv": table(
            "drugbank_id name type groups atc_codes categories inchikey inchi description", structures
        ),
        "gene-associations.tsv": table(
            "doid_code doid_name locus high_confidence primary status gene symbol", associations
        ),
    }


def yeast_ppi(generator: np.random.Generator) -> Files:
    """Proteins of two compartments, which differ in composition; partners share one, and hubs have many partners."""
    ids = [f"P{number:05d}" for number in range(N_PROTEINS)]
    shares = generator.dirichlet(np.full(20, 4.0), size=2)
    home = np.arange(N_PROTEINS) % 2
    proteins = [
        "M" + "".join(generator.choice(RESIDUES, int(generator.integers(60, 240)), p=shares[at])) for at in home
    ]
    for number in range(0, N_PROTEINS, 12):  # a relative, which differs in every tenth residue, and a copy
        text = list(proteins[number])
        text[5::10] = generator.choice(RESIDUES, len(text[5::10]))
        proteins[number + 2] = "".join(text)
    proteins[4] = proteins[0]

    fame, lonely = generator.pareto(1.5, N_PROTEINS) + 0.2, generator.pareto(1.5, N_PROTEINS) + 0.2
    pairs: dict[tuple[int, int], int] = {}
    while len(pairs) < N_PAIRS:
        label = len(pairs) % 2
        weight = fame if label else lonely
        one = int(generator.choice(N_PROTEINS, p=weight / weight.sum()))
        there = weight * ((home == home[one]) == bool(label))
        there[one] = 0
        other = int(generator.choice(N_PROTEINS, p=there / there.sum()))
        pairs.setdefault((min(one, other), max(one, other)), label)
    rows = [(ids[a], ids[b], label) for (a, b), label in pairs.items()]
    rows += [(b, a, label) for a, b, label in rows[:3]]  # the same pair, turned round
    human = [(f"NP_{a:06d}.1", f"NP_{b:06d}.2", label) for (a, b), label in list(pairs.items())[:40]]
    return {
        "protein.actions.tsv": "".join(f"{a}\t{b}\t{label}\n" for a, b, label in rows).rstrip("\n"),
        "protein.dictionary.tsv": "".join(f"{name}\t{text}\n" for name, text in zip(ids, proteins, strict=True)),
        "Supp-AB.tsv": table("v1 v2 label", human),
    }
