"""Affinities of drugs to proteins: dta_davis_kiba."""

from __future__ import annotations

import json

import numpy as np

from .common import Files

AMINO_ACIDS = list("ACDEFGHIKLMNPQRSTVWY")
CORES = ("c1ccc2ncncc2c1", "c1cnc2ccccc2c1", "c1ccncc1", "c1cc2cc[nH]c2nc1", "c1ccc2[nH]ncc2c1")
LINKERS = ("N", "NC(=O)", "O", "CN", "S(=O)(=O)N")
TAILS = ("c1ccc(F)cc1", "c1cccc(Cl)c1", "C1CCNCC1", "CCN(C)C", "c1ccc(OC)cc1", "C1CC1")
NOTHING = 10_000  # nM: what the table holds where no binding was measured


def molecules(n: int, generator: np.random.Generator) -> tuple[list[str], np.ndarray]:
    """Different SMILES out of a core, a linker and a tail or two, with the number of the core."""
    made: dict[str, int] = {}
    while len(made) < n:
        core = int(generator.integers(len(CORES)))
        parts = [str(generator.choice(LINKERS)) + str(generator.choice(TAILS)) for _ in range(generator.integers(1, 3))]
        made["C" * int(generator.integers(1, 3)) + "".join(f"C({part})" for part in parts) + CORES[core]] = core
    return list(made), np.array(list(made.values()))


def families(n: int, n_families: int, generator: np.random.Generator) -> tuple[list[str], np.ndarray]:
    """Relatives of a few random proteins, with the number of the family."""
    ancestors = [generator.choice(AMINO_ACIDS, int(generator.integers(120, 180))) for _ in range(n_families)]
    family = np.arange(n) % n_families
    proteins = []
    for number in family:
        letters, drawn = ancestors[number], generator.choice(AMINO_ACIDS, len(ancestors[number]))
        proteins.append("".join(np.where(generator.random(len(letters)) < 0.25, drawn, letters)))
    return proteins, family


def folds(n: int, generator: np.random.Generator) -> tuple[str, str]:
    """Five training folds and a test fold of numbers of the cells that hold a value."""
    parts = np.array_split(generator.permutation(n), 6)
    return json.dumps([part.tolist() for part in parts[1:]]), json.dumps(parts[0].tolist())


def dta_davis_kiba(generator: np.random.Generator) -> Files:
    """A core fits a family or does not; affinities are mostly the largest concentration tried.

    As in the real files: mutants under the sequence of the wild type, a full matrix (Davis) and one with gaps (KIBA),
    a few SMILES of KIBA under two names, folds as numbers of the cells without gaps, drugs in the rows.
    """
    files: Files = {}
    for name, n_drugs, n_proteins in (("davis", 20, 36), ("kiba", 60, 16)):
        smiles, core = molecules(n_drugs, generator)
        proteins, family = families(n_proteins, 6, generator)
        fits = generator.random((len(CORES), 6)) < 0.35
        strength = np.where(fits[core][:, family], 2.0, 0.0) + generator.normal(0, 0.5, (n_drugs, n_proteins))
        strength += generator.normal(0, 0.4, (n_drugs, 1)) + generator.normal(0, 0.3, n_proteins)
        if name == "davis":
            accessions = [str(10_000_000 + 137 * number) for number in range(n_drugs)]
            names = [f"KIN{number}" for number in range(n_proteins)]
            for number in range(6, 12):
                names[number], proteins[number] = f"KIN0(A{number}V)", proteins[0]
                strength[:, number] = strength[:, 0] + generator.normal(0, 0.5, n_drugs)
            values = np.minimum(NOTHING, 10 ** (9 - (5 + strength))).round(1)
            table = "\n".join(" ".join(f"{value:g}" for value in row) for row in values) + "\n"
            matrix = "drug-target_interaction_affinities_Kd__Davis_et_al.2011v1.txt"
            n_cells = values.size
        else:
            smiles[-1] = smiles[0]
            accessions = [f"CHEMBL{900_000 + number}" for number in range(n_drugs)]
            names = [f"P{10_000 + number}" for number in range(n_proteins)]
            values = np.where(generator.random(strength.shape) < 0.3, np.nan, (11 + 0.6 * strength).round(3))
            table = "\n".join("\t".join(f"{value:g}" for value in row) for row in values) + "\n"
            matrix, n_cells = "kiba_binding_affinity_v2.txt", int((~np.isnan(values)).sum())
        files[matrix] = table
        files[f"{name}_ligands_can.txt"] = json.dumps(dict(zip(accessions, smiles, strict=True)))
        files[f"{name}_proteins.txt"] = json.dumps(dict(zip(names, proteins, strict=True)))
        train, test = folds(n_cells, generator)
        files[f"{name}_train_fold_setting1.txt"], files[f"{name}_test_fold_setting1.txt"] = train, test
    return files
