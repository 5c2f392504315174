"""Patients with a diagnosis: glioma_grading and heart_disease."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pandas as pd

from .common import Files

# Share of mutated tumors: lower-grade glioma, glioblastoma.
MUTATED = {
    "IDH1": (0.78, 0.07), "TP53": (0.48, 0.32), "ATRX": (0.38, 0.09), "PTEN": (0.05, 0.33), "EGFR": (0.06, 0.24),
    "CIC": (0.22, 0.01), "MUC16": (0.07, 0.18), "PIK3CA": (0.08, 0.1), "NF1": (0.06, 0.11), "PIK3R1": (0.04, 0.1),
    "FUBP1": (0.09, 0.01), "RB1": (0.02, 0.09), "NOTCH1": (0.08, 0.01), "BCOR": (0.04, 0.03), "CSMD3": (0.02, 0.05),
    "SMARCA4": (0.05, 0.01), "GRIN2A": (0.02, 0.05), "IDH2": (0.05, 0.0), "FAT4": (0.02, 0.03), "PDGFRA": (0.01, 0.05),
}  # fmt: skip
COLUMNS = "age sex cp trestbps chol fbs restecg thalach exang oldpeak slope ca thal num".split()
NOMINAL = {"sex": "0, 1", "cp": "1, 4, 3, 2", "fbs": "1, 0", "restecg": "2, 0, 1", "exang": "0, 1", "slope": "1,2,3"}
NOMINAL |= {"thal": "6, 3, 7"}


def glioma_grading(generator: np.random.Generator) -> Files:
    """Mutations of 20 genes, sex, age and race of patients with a glioma; one row stands there twice."""
    n = 180
    grade = (generator.random(n) < 0.42).astype(int)
    age = np.clip(generator.normal(np.where(grade == 1, 60.7, 43.9), 13.3), 14.42, 89.29).round(2)
    table = pd.DataFrame({"Grade": grade, "Gender": (generator.random(n) < 0.42).astype(int), "Age_at_diagnosis": age})
    table["Race"] = generator.choice([0, 1, 2, 3], n, p=[0.91, 0.07, 0.015, 0.005])
    for gene, shares in MUTATED.items():
        table[gene] = (generator.random(n) < np.array(shares)[grade]).astype(int)
    table = pd.concat([table, table.iloc[[17]]], ignore_index=True)
    return {"TCGA_InfoWithGrade.csv": table.to_csv(index=False)}


def heart_disease(generator: np.random.Generator) -> Files:
    """Two hospitals as ARFF files in a zip file; the second hardly images, and its rows are sorted by outcome."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, n in (("cleveland", 130), ("hungarian", 120)):
            entry = zipfile.ZipInfo(f"numeric/{name}.arff", (2004, 5, 11, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, arff(name, patients(name == "cleveland", n, generator)))
    return {"weka-datasets-numeric.zip": content.getvalue()}


def patients(cleveland: bool, n: int, generator: np.random.Generator) -> pd.DataFrame:
    """One row for each patient, with the shift between the hospitals and their ways of missing values."""
    ill = generator.random(n) < (0.46 if cleveland else 0.36)
    age = generator.normal(np.where(ill, 56, 52) - 5 * (not cleveland), 8, n)
    table = pd.DataFrame({"age": age.round().clip(28, 77)})
    table["sex"] = generator.random(n) < np.where(ill, 0.82, 0.58)
    table["cp"] = np.where(generator.random(n) < np.where(ill, 0.75, 0.25), 4, generator.integers(1, 4, n))
    table["trestbps"] = generator.normal(np.where(ill, 135, 129), 17).round()
    table["chol"] = generator.normal(np.where(ill, 255, 241), 50).round()
    table["fbs"] = generator.random(n) < 0.12
    table["restecg"] = generator.choice([0, 1, 2], n, p=[0.5, 0.02, 0.48] if cleveland else [0.8, 0.18, 0.02])
    table["thalach"] = generator.normal(np.where(ill, 138, 157) - 8 * (not cleveland), 20).round()
    table["exang"] = generator.random(n) < np.where(ill, 0.58, 0.12)
    table["oldpeak"] = np.maximum(generator.normal(np.where(ill, 1.5, 0.3), 0.9), 0).round(1)
    others = generator.choice([1, 3], n, p=[0.9, 0.1]), generator.choice([3, 6], n, p=[0.9, 0.1])
    table["slope"] = np.where(generator.random(n) < np.where(ill, 0.7, 0.3), 2, others[0])
    table["ca"] = np.where(ill, generator.integers(0, 4, n), generator.random(n) < 0.2).astype(int)
    table["thal"] = np.where(generator.random(n) < np.where(ill, 0.75, 0.2), 7, others[1])
    table["num"] = ill * (generator.integers(1, 5, n) if cleveland else 1)
    table = table.astype({"sex": int, "fbs": int, "exang": int}).astype(float)
    table.loc[[5, 60], "ca"] = np.nan
    if not cleveland:
        table.loc[table["oldpeak"] == 0, "slope"] = np.nan
        table["ca"] = table["ca"].where(generator.random(n) < 0.01)
        table["thal"] = table["thal"].where(generator.random(n) < 0.1)
        table.loc[generator.choice(n, 9, replace=False), "chol"] = np.nan
        table.loc[[2, 90], "fbs"] = table.loc[[3], "thalach"] = np.nan
        table = table.sort_values("num", kind="stable").reset_index(drop=True)
        table = pd.concat([table, table.iloc[[40]]], ignore_index=True)
    return table


def arff(name: str, table: pd.DataFrame) -> str:
    """A table as Weka writes it."""
    lines = ["%", "% Simulated patients in the format of the heart-disease directory.", "%", f"@relation '{name}'"]
    for column in COLUMNS:
        kind = f"{{ {NOMINAL[column]}}}" if column in NOMINAL else "real"
        lines += ["% 'slope' is ordered"] * (column == "slope") + [f"@attribute '{column}' {kind}"]
    lines.append("@data")
    for row in table[COLUMNS].to_numpy():
        lines.append(",".join("?" if np.isnan(value) else f"{value:g}" for value in row))
    return "\n".join(lines) + "\n"
