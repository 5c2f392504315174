"""Tumors of three kinds with expression, copy number, mutations and survival: tcga_blca_luad_ucec."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pandas as pd

from .common import Files

# Genes that rise and fall together; the names are those of hallmark sets.
PROGRAMS = {
    "cell cycle": "AURKA AURKB BRCA1 BUB1B CDK1 CDKN2C CHEK1 EZH2 HMGB2 HMMR MELK MYBL2 PLK1 PLK4 TRIP13 WEE1",
    "interferon": "BST2 CCL5 CD274 CD38 CD74 CIITA CXCL10 CXCL11 CXCL9 IL15 IRF1 IRF7 IRF8 IRF9 STAT1 STAT2 TRIM25",
    "stroma": "CDH11 CDH2 COL1A1 CXCL12 ELN FGF2 GREM1 INHBA ITGA5 PDGFRB PRRX1 SLIT2 SNAI2 SPP1 TGFB1 THY1 TNC",
    "inflammation": "ATF3 BIRC3 CCL20 CXCL1 CXCL2 CXCL3 CXCL8 EGR1 FOS FOSB IER2 IL1B IL6 JUN JUNB KLF6 LIF NFKBIA",
    "growth": "ABCB1 AKT2 CCND2 EREG ETS1 ETV4 ETV5 HBEGF IL7R ITGA2 KLF4 MAFB MAP3K1 NGF NRP1 PLAU PLAUR",
    "hormones": "AR BCL2 CBFA2T3 ELF3 FHL2 FOXC1 IGF1R MUC1 MYB NRIP1 PGR RARA RET SIAH2 TFAP2C XBP1 ZNF185",
}
ONLY_BLCA, ONLY_LUAD = ["CDX4", "GSX1"], ["GPHB5", "MLN"]  # measured in one of the two tables only
N_SKEWED = 14  # genes with a long tail in one kind of tumor, which standardizing cannot make alike
CNV_BLCA = "AHR ARNT ASH1L ATF6 BCL9 CCND1 CD160 CD1A CD48 E2F3 ERBB2 MYC PPARG SOX4"
CNV_LUAD = "ABL2 AKT3 ARNT ASH1L ATF3 BCL9 CD160 CD1A CD48 EGFR KRAS MDM2 MYC"
# Arms that are amplified in serous tumors; neighboring genes share their copy number.
ARMS = {
    "1q": "NOTCH2 CD160 MCL1 CTSK CERS2 S100A10 NPR1 LMNA SH2D2A RIT1 SHC1 NTRK1",
    "3q": "ECT2 PIK3CA GNB4 MFN1 FXR1 DVL3 PSMD2 POLR2H RFC4 TP63 TFRC DLG1 PAK2",
    "8q": "SDC2 RRM2B RSPO2 EIF3H RAD21 DERL1 SQLE MYC AGO2 PTK2",
    "17q": "CDK12 TCAP ERBB2 GRB7",
    "19p": "DNMT1 ICAM1 ICAM3 KEAP1 SMARCA4 PRKCSH FARSA PRKACA PTGER1 NOTCH3",
    "19q": "UQCRFS1 CCNE1 CEBPA",
    "20q": "ID1 BCL2L1 POFUT1 ASXL1",
}
# Share of mutated tumors: endometrioid, serous.
DRIVERS = {
    "PTEN": (0.83, 0.07), "ARID1A": (0.55, 0.08), "CTNNB1": (0.34, 0.02), "CTCF": (0.32, 0.02),
    "PIK3R1": (0.41, 0.13), "KRAS": (0.31, 0.04), "KMT2D": (0.32, 0.11), "PIK3CA": (0.5, 0.35), "TTN": (0.45, 0.24),
    "FBXW7": (0.21, 0.28), "PPP2R1A": (0.11, 0.37), "TP53": (0.22, 0.89),
}  # fmt: skip
PASSENGERS = """
    A2M AAK1 ABCC9 ABL1 ACAN ACTN2 ADAM12 ADAMTS16 ADAMTS18 ADCYAP1R1 AGO1 AGO3 AHCTF1 AKAP9 AKT3 ALMS1 AMER1 ANAPC1
    AP2A1 AP2B1 APC AQR ARID1B ARID2 ARID4A ASCC3 ASH1L ATM ATP1A2 ATP2A2 ATP2B3 ATR AXIN1 AXIN2 BAP1 BAZ1B BCL9 BCL9L
    BLM BMP1 BRCA1 BRCA2 BRD8 BRIP1 BTRC BUB1 CACNA1C CACNA1D CACNA1S CACNA2D1 CALCR CAPN7 CASR CCND1 CCNE1 CDC27
    CDC7 CDH1 CDK6 CENPE CENPF CEP135 CEP164 CEP250 CEP290 CHD3 CHD4 CHD8 CHEK2 CHUK CKAP5 CLASP1 CLTC CNOT1 COL11A1
    COL1A1 COL1A2 COL2A1 CREBBP CSNK1A1 CTBP2 CUL1 CUL3 CUL4B DAAM1 DCLRE1A DMD DNA2 DNMT3A DOT1L DVL3 EGF EGFR
    EHMT1 EP300 EP400 ERBB2 ERBB3 ERBB4 ERCC3 ERCC6 ESR1 EXO1 EYA4 EZH2 FANCA FANCD2 FANCI FANCM FAT1 FGFR1 FGFR2
    FGFR4 FN1 FOXO1 FOXO3 FRS2 FYN FZD3 FZD6 GAB1 GATAD2B GEN1 HCFC1 HDAC4 HDAC9 HGF IRS1 IRS2 KIT KL LRP6 MAPKAP1
    MET MTOR MUC16 NBEA NEB NRG1 NRG3 OBSCN PDGFRA PDGFRB PIK3AP1 PIK3CB POLE RB1 RYR2 ZFHX3 ZZZ3
"""
# What a network reached, in the form of the authors' table; the numbers are invented.
CINDEX = """\
Project,Project,Val C-Index (Mean),Val C-Index (STD),Val C-Index (CI),Val C-Index (Max),val_idx,C-Index (All)
blca,blca,0.53,0.03,(0.500-0.560),0.56,3,0.53
luad,luad,0.53,0.06,(0.470-0.590),0.6,2,0.53
"""
SIGNATURES = (
    "Tumor Suppressor Genes", "Oncogenes", "Protein Kinases", "Cell Differentiation Markers", "Transcription Factors",
    "Cytokines and Growth Factors",
)  # fmt: skip


def tcga_blca_luad_ucec(generator: np.random.Generator) -> Files:
    """Tables of patients by genes, one for each kind of tumor, with a row for each slide."""
    genes = [gene for text in PROGRAMS.values() for gene in text.split()]
    program_of = np.repeat(np.arange(len(PROGRAMS)), [len(text.split()) for text in PROGRAMS.values()])
    loadings = np.zeros((len(PROGRAMS), len(genes)))
    loadings[program_of, np.arange(len(genes))] = generator.uniform(0.6, 1.4, len(genes))
    loadings += generator.normal(0, 0.15, loadings.shape)  # programs leak into each other
    skewed = generator.choice(len(genes), N_SKEWED, replace=False)
    files: Files = {}
    for kind, extra, copy_numbers, n in (("blca", ONLY_BLCA, CNV_BLCA, 58), ("luad", ONLY_LUAD, CNV_LUAD, 70)):
        activity = generator.normal(size=(n, len(PROGRAMS)))
        levels = activity @ loadings + generator.normal(0, 0.8, (n, len(genes)))
        half = skewed[: N_SKEWED // 2] if kind == "blca" else skewed[N_SKEWED // 2 :]
        levels[:, half] = np.exp(1.3 * levels[:, half])
        levels = np.column_stack([levels, np.exp(3 * generator.normal(size=(n, len(extra))))])
        scores = (levels - levels.mean(axis=0)) / levels.std(axis=0)  # against the tumors of the same table
        scores[3, 5] = 1_407.3  # an outlier
        table = pd.DataFrame(scores.round(4), columns=[f"{gene}_rnaseq" for gene in genes + extra])
        for gene in copy_numbers.split():
            table[f"{gene}_cnv"] = generator.choice([-2, -1, 0, 1, 2], n, p=[0.02, 0.16, 0.43, 0.31, 0.08])
        risk = 0.5 * activity[:, 0] - 0.3 * activity[:, 1]
        rows = clinical(kind.upper(), np.full(n, kind.upper()), risk, generator)
        table = pd.concat([rows, table[sorted(table)]], axis=1)
        files |= zipped(f"tcga_{kind}_all_clean.csv", slides(table, generator, index=True, twice=kind == "luad"))
        files |= folds(kind, table["case_id"].tolist(), generator)
    files |= zipped("tcga_ucec_all_clean.csv", endometrium(generator))
    third = len(genes) // 6
    groups = {name: sorted(genes[i * third : (i + 1) * third]) for i, name in enumerate(SIGNATURES)}
    files["signatures.csv"] = pd.DataFrame({name: pd.Series(members) for name, members in groups.items()}).to_csv(
        index=False
    )
    files["cindex.csv"] = CINDEX
    return files


def endometrium(generator: np.random.Generator) -> pd.DataFrame:
    """Mutations (0 or 1) and copy number of endometrioid (UEC), serous (USC) and mixed (UCEC) tumors."""
    subtype = np.array(["UEC"] * 80 + ["USC"] * 34 + ["UCEC"] * 6)
    generator.shuffle(subtype)
    n = len(subtype)
    serous = (subtype == "USC") | ((subtype == "UCEC") & (generator.random(n) < 0.5))
    copies = {}
    for text in ARMS.values():
        gained = generator.random(n) < np.where(serous, 0.6, 0.12)
        arm = np.where(gained, generator.choice([1, 2], n, p=[0.7, 0.3]), generator.choice([0, -1], n, p=[0.9, 0.1]))
        for gene in text.split():
            focal = generator.random(n) < 0.06
            copies[f"{gene}_cnv"] = np.where(focal, generator.integers(-1, 3, n), arm)
    rare = generator.random(n)
    burden = np.where(rare < 0.12, 0.5, np.where(rare < 0.3, 0.12, 0.015))  # two kinds of broken repair, and neither
    burden[serous & (generator.random(n) < 0.9)] = 0.01
    mutations = {gene: generator.random(n) < np.where(serous, *shares[::-1]) for gene, shares in DRIVERS.items()}
    mutations |= {gene: generator.random(n) < burden * generator.uniform(0.4, 1.4) for gene in PASSENGERS.split()}
    table = {**copies, **{gene: mutations[gene].astype(int) for gene in sorted(mutations)}}
    rows = clinical("UCEC", subtype, 0.8 * serous, generator)
    return slides(pd.concat([rows, pd.DataFrame(table)], axis=1), generator)


def clinical(kind: str, subtype: np.ndarray, risk: np.ndarray, generator: np.random.Generator) -> pd.DataFrame:
    """One row for each patient: where the tumor came from, sex, age, and months until death or the last visit."""
    n = len(subtype)
    names = {"BLCA": ["2F", "BT", "DK", "FD", "G2", "XF"], "LUAD": ["5", "44", "49", "55", "86"]}
    sites = np.sort(generator.choice(names.get(kind, ["A5", "AJ", "AX", "B5", "BG", "D1"]), n))
    letters = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"))
    codes = ["A" + "".join(generator.choice(letters, 3)) for _ in range(n)]
    dies = generator.exponential(60 * np.exp(-risk))
    leaves = generator.exponential(45, n)
    female = generator.random(n) < {"BLCA": 0.26, "LUAD": 0.54, "UCEC": 1.0}[kind]
    age = np.clip(generator.normal(66, 10, n).round(), 31, 90)
    if kind != "BLCA":
        age[7] = np.nan
    rows = pd.DataFrame({"case_id": [f"TCGA-{site.zfill(2)}-{code}" for site, code in zip(sites, codes, strict=True)]})
    rows["slide_id"] = ""
    rows["site"], rows["is_female"], rows["oncotree_code"] = sites, female.astype(int), subtype
    rows["age"], rows["survival_months"] = age, np.minimum(dies, leaves).round(2)
    rows["censorship"] = (leaves < dies).astype(int)
    if kind != "LUAD":
        rows["train"] = (generator.random(n) < 0.89).astype(float)
    return rows


def slides(
    table: pd.DataFrame, generator: np.random.Generator, *, index: bool = False, twice: bool = False
) -> pd.DataFrame:
    """Repeat the rows of patients with several slides, each with the name of a slide."""
    n = len(table)
    n_slides = np.ones(n, int)
    n_slides[generator.choice(n, n // 12, replace=False)] = 2
    n_slides[n // 2] = 4
    table = table.loc[np.repeat(np.arange(n), n_slides)].reset_index(drop=True)
    number = table.groupby("case_id").cumcount() + 1
    hexes = [generator.bytes(6).hex().upper() for _ in range(len(table))]
    table["slide_id"] = [
        f"{case}-01Z-00-DX{i}.{text}.svs" for case, i, text in zip(table["case_id"], number, hexes, strict=True)
    ]
    if index:
        table.insert(0, "", np.arange(len(table)))
    if twice:  # saved and read once more, as the real file was
        table.insert(1, "Unnamed: 0", np.arange(len(table)))
    return table


def folds(kind: str, cases: list[str], generator: np.random.Generator) -> Files:
    """Five splits by patient."""
    files: Files = {}
    for number, part in enumerate(np.array_split(generator.permutation(cases), 5)):
        validation = set(part)
        columns = {"train": [c for c in cases if c not in validation], "val": sorted(validation)}
        frame = pd.DataFrame({name: pd.Series(values) for name, values in columns.items()})
        files[f"{kind}_splits_{number}.csv"] = frame.to_csv()
    return files


def zipped(name: str, table: pd.DataFrame) -> Files:
    """A table in a zip file, with a fixed date."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        entry = zipfile.ZipInfo(name, (2022, 3, 11, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, table.to_csv(index=False))
    return {f"{name}.zip": content.getvalue()}
