"""Medicine for one patient: warfarin doses, drugs on cell lines, a trial (warfarin_iwpc, gdsc_v17, gbsg_rct)."""

from __future__ import annotations

import io

import h5py
import numpy as np
import pandas as pd

from .common import Files

N_PATIENTS = 230
YES_NO = (
    "Diabetes|Congestive Heart Failure and/or Cardiomyopathy|Valve Replacement|Medications|Aspirin|"
    "Acetaminophen or Paracetamol (Tylenol)|Was Dose of Acetaminophen or Paracetamol (Tylenol) >1300mg/day|"
    "Simvastatin (Zocor)|Atorvastatin (Lipitor)|Fluvastatin (Lescol)|Lovastatin (Mevacor)|Pravastatin (Pravachol)|"
    "Rosuvastatin (Crestor)|Cerivastatin (Baycol)|Amiodarone (Cordarone)|Carbamazepine (Tegretol)|"
    "Phenytoin (Dilantin)|Rifampin or Rifampicin|Sulfonamide Antibiotics|Macrolide Antibiotics|Anti-fungal Azoles|"
    "Herbal Medications, Vitamins, Supplements"
).split("|")
VKORC1 = {
    "-1639": "-1639 G>A (3673); chr16:31015190; rs9923231; C/T",
    "497": "497T>G (5808); chr16:31013055; rs2884737; A/C",
    "1173": "1173 C>T(6484); chr16:31012379; rs9934438; A/G",
    "1542": "1542G>C (6853); chr16:31012010; rs8050894; C/G",
    "3730": "3730 G>A (9041); chr16:31009822; rs7294;  A/G",
    "2255": "2255C>T (7566); chr16:31011297; rs2359612; A/G",
    "-4451": "-4451 C>A (861); Chr16:31018002; rs17880887; A/C",
}
# Genotype of each site where -1639 is G/G, A/G, A/A.
ALLELES = {
    "-1639": ("G/G", "A/G", "A/A"), "1173": ("C/C", "C/T", "T/T"), "1542": ("G/G", "C/G", "C/C"),
    "2255": ("C/C", "C/T", "T/T"),
}  # fmt: skip
# Share of patients, frequency of the sensitive VKORC1 allele, mean height and weight.
RACES = {
    "White": (0.5, 0.4, 170, 82), "Asian": (0.27, 0.88, 162, 62), "Black or African American": (0.12, 0.12, 170, 88),
    "Unknown": (0.11, 0.4, 169, 80),
}  # fmt: skip
CYP2C9 = {"*1/*1": 0.0, "*1/*2": 0.5, "*1/*3": 0.9, "*2/*2": 1.1, "*2/*3": 1.9, "*3/*3": 2.3, "*1/*5": 0.6}


def warfarin_iwpc(generator: np.random.Generator) -> Files:
    """Patients with a stable dose; genotypes are missing in clusters, and one empty row closes the table."""
    rows = []
    for number in range(N_PATIENTS):
        race = str(generator.choice(list(RACES), p=[RACES[name][0] for name in RACES]))
        _, frequency, mean_height, mean_weight = RACES[race]
        decade, copies = int(generator.integers(2, 9)), int(generator.binomial(2, frequency))
        cyp = str(generator.choice(list(CYP2C9), p=[0.73, 0.12, 0.09, 0.02, 0.02, 0.01, 0.01]))
        height, weight = generator.normal(mean_height, 9), generator.normal(mean_weight, 16)
        amiodarone, inducer = generator.random() < 0.07, generator.random() < 0.03
        root = 7.4 - 0.26 * (decade - 6) + 0.012 * (weight - 78) - 0.85 * copies - CYP2C9[cyp]
        root += 1.2 * inducer - 0.55 * amiodarone + generator.normal(0, 0.9)
        row: dict[str, object] = {"PharmGKB Subject ID": f"PA9{number:08d}"}
        row |= {"Gender": ("male", "female")[number % 5 > 2], "Race": race, "Ethnicity": "Unknown"}
        row |= {"Age": "90+" if number == 7 else f"{decade}0 - {decade}9" if number % 60 else None}
        row |= {"Height (cm)": round(height, 1) if generator.random() < 0.8 else None}
        row |= {"Weight (kg)": round(weight, 1) if generator.random() < 0.95 else None}
        row |= {
            "Indication for Warfarin Treatment": str(generator.choice(["3", "4", "8", "3; 8"])),
            "Comorbidities": None,
        }
        row |= {name: (int(generator.random() < 0.15) if generator.random() < 0.5 else None) for name in YES_NO}
        row |= {"Medications": None, "Amiodarone (Cordarone)": int(amiodarone), "Phenytoin (Dilantin)": int(inducer)}
        row |= {"Target INR": 2.5 if number % 4 == 0 else None, "Estimated Target INR Range Based on Indication": "2-3"}
        row |= {"Subject Reached Stable Dose of Warfarin": int(number % 25 != 3)}
        dose = round(float(np.clip(root, 1.6, None) ** 2), 1)
        row |= {"Therapeutic Dose of Warfarin": None if number % 45 == 9 else 250.0 if number == 100 else dose}
        row |= {"INR on Reported Therapeutic Dose of Warfarin": 2.5}
        row |= {"Current Smoker": int(generator.random() < 0.15) if number % 2 else None}
        row |= {"Cyp2C9 genotypes": cyp if number % 40 else None}
        row |= dict.fromkeys(["Genotyped QC Cyp2C9*2", "Genotyped QC Cyp2C9*3", "Combined QC CYP2C9"])
        center = number // 23  # a center types one site or the other
        for name, title in VKORC1.items():
            known = name in ALLELES and (name != "-1639" or center % 3 > 0) and (name != "1173" or center % 3 != 1)
            row[f"VKORC1 genotype: {title}"] = ALLELES[name][copies] if known and generator.random() < 0.95 else None
            row[f"VKORC1 QC genotype: {title}"] = None
        row |= {"CYP2C9 consensus": row["Cyp2C9 genotypes"]}
        row |= {f"VKORC1 {name} consensus": row[f"VKORC1 genotype: {title}"] for name, title in VKORC1.items()}
        rows.append(row)
    table = pd.DataFrame(rows)
    text = table.to_csv(index=False).replace("\n", ",,,\n") + "," * (len(table.columns) + 2) + "\n"
    return {"warfarin.csv": ("\ufeff" + text).encode()}


TISSUES = ["skin", "leukemia", "lung_NSCLC", "lymphoma", "breast", "ovary"]
N_LINES, N_DRUGS, N_GENES, N_SEGMENTS = 110, 36, 30, 20


def gdsc_v17(generator: np.random.Generator) -> Files:
    """Cell lines with a general sensitivity, drugs with a mean, effects of tissue and of two mutations."""
    lines = np.sort(generator.choice(np.arange(683000, 910000), N_LINES, replace=False))
    tissue = generator.integers(0, len(TISSUES), N_LINES)
    genes = ["BRAF_mut", "TP53_mut", *(f"GENE{number}_mut" for number in range(N_GENES - 2))]
    mutated = (generator.random((N_LINES, N_GENES)) < 0.18).astype(int)
    mutated[:, 0] |= (tissue == 0) & (generator.random(N_LINES) < 0.6)
    mutated[:, 1] |= generator.random(N_LINES) < 0.5
    mutated[:, -1] = mutated[:, 2]  # a copy of another column
    segments = [f"{('gain', 'loss')[number % 2]}_cnaPANCAN{number + 1}" for number in range(N_SEGMENTS - 1)]
    segments[3] += ", loss_cnaPANCAN99"
    changed = (generator.random((N_LINES, N_SEGMENTS - 1)) < 0.2).astype(int)
    features = pd.DataFrame(np.hstack([mutated, changed]), columns=[*genes, *segments], index=lines)
    features.insert(0, "TISSUE_FACTOR", [TISSUES[number] for number in tissue])
    features.insert(1, "MSI_FACTOR", (generator.random(N_LINES) < 0.05).astype(int))
    numbers = [1036, 1047, *(int(number) for number in range(1, N_DRUGS - 1))]
    level, means = generator.normal(0, 0.5, N_LINES), generator.normal(2, 2.3, N_DRUGS)
    effects = generator.normal(0, 0.6, (len(TISSUES), N_DRUGS))
    values = means + level[:, None] + effects[tissue] + generator.normal(0, 0.8, (N_LINES, N_DRUGS))
    values[:, 0] -= 2.2 * mutated[:, 0]
    values[:, 1] += 1.5 * mutated[:, 1]
    missing = generator.random((N_LINES, N_DRUGS)) < np.linspace(0.05, 0.4, N_DRUGS)[generator.permutation(N_DRUGS)]
    values = np.where(missing, np.nan, np.round(values, 6))
    table = pd.DataFrame(values, columns=[f"Drug_{number}_IC50" for number in numbers], index=lines)
    order = generator.permutation(N_LINES)  # the two tables are not in the same order
    decode = "DRUG_ID,DRUG_NAME,DRUG_TARGET\nDrug_999_IC50,Erlotinib,EGFR\nDrug_1047_IC50,Nutlin-3a,MDM2\n"
    return {
        "IC50_v17.csv.gz": table.iloc[order].to_csv(index_label="COSMIC_ID"),
        "genomic_features_v17.csv.gz": features.to_csv(index_label="COSMIC_ID"),
        "DRUG_DECODE.csv": decode.encode(),
    }


def gbsg_rct(generator: np.random.Generator) -> Files:
    """Two cohorts: treatment follows age and menopause in both, and helps; a few training rows are repeated."""
    target = io.BytesIO()
    with h5py.File(target, "w") as file:
        for name, n, follow_up in (("test", 220, 70), ("train", 420, 84)):
            age = np.clip(generator.normal(54, 11, n).round(), 24, 88)
            post = (age + generator.normal(0, 4, n) > 51).astype(int)
            size = np.minimum(generator.integers(0, 3, n), generator.integers(1, 3, n))
            nodes = 1 + np.floor(generator.exponential(4, n))
            receptors = [np.floor(np.expm1(np.clip(generator.normal(3.4, 1.9, n), 0, 7.5))) for _ in range(2)]
            treated = generator.random(n) < np.where(post == 1, 0.45, 0.18)
            risk = 0.45 * np.log(nodes) + 0.2 * size - 0.15 * np.log1p(receptors[0]) - 0.4 * treated
            time = generator.exponential(80 * np.exp(-risk))
            end = generator.uniform(12, follow_up, n)
            x = np.column_stack([treated, size, post, age, nodes, *receptors]).astype("float32")
            parts = {"x": x, "t": np.minimum(time, end).astype("float32"), "e": (time <= end).astype("int32")}
            if name == "train":
                parts = {key: np.concatenate([values, values[:2]]) for key, values in parts.items()}
            for key in ("e", "t", "x"):
                file.create_dataset(f"{name}/{key}", data=parts[key], track_times=False)
    return {"gbsg_cancer_train_test.h5": target.getvalue()}
