"""Single cells of blood: pbmc68k_reduced."""

from __future__ import annotations

import io

import numpy as np

from .common import Files

# Cell type: cells, genes that it makes much of. Kinds of T cell differ little, which is what makes the data hard.
TYPES = {
    "CD4+/CD25 T Reg": (16, "CD3D CD3E IL32 LTB TIGIT"),
    "CD4+/CD45RA+/CD25- Naive T": (6, "CD3D CD3E LTB CCR7"),
    "CD4+/CD45RO+ Memory": (8, "CD3D CD3E IL32 LTB IL7R"),
    "CD8+ Cytotoxic T": (14, "CD3D CD3E IL32 CD8A CCL5 GZMK NKG7"),
    "CD8+/CD45RA+ Naive Cytotoxic": (12, "CD3D CD3E CD8A CD8B CCR7"),
    "CD14+ Monocyte": (26, "LYZ S100A8 S100A9 FCN1 CST3 TYROBP LST1 AIF1 FTL"),
    "CD19+ B": (20, "CD79A CD79B MS4A1 CD74 HLA-DRA IGLL5"),
    "CD34+": (6, "SPINK2 STMN1 SOX4 GATA2 IGLL1"),
    "CD56+ NK": (10, "NKG7 GNLY PRF1 GZMB GZMA CST7 TYROBP KLRB1"),
    "Dendritic": (42, "FCER1A CLEC10A CST3 CD74 HLA-DRA HLA-DPA1 HLA-DQA1 LYZ"),
}
OTHERS = """
    HES4 RBP7 C1QA SESN2 SFPQ TXNIP RAB13 MNDA FCER1G CD247 PTPRC LBH CAPG SSB NCL RAB7A SUB1 DEK NCF1 PPIA IRF7 MT-ND3
"""
LABELS = tuple(TYPES)
TOTAL = 10_000  # counts of a cell after normalization


def pbmc68k_reduced(generator: np.random.Generator) -> Files:
    """A table of cells by genes in the layout of early AnnData files: log counts in raw.X, scaled ones in X."""
    markers = {name: text.split() for name, (_, text) in TYPES.items()}
    genes = sorted({gene for members in markers.values() for gene in members} | set(OTHERS.split()))
    types = generator.permutation(np.repeat(np.arange(len(TYPES)), [n for n, _ in TYPES.values()]))
    rates = np.tile(generator.gamma(1.2, 1.0, len(genes)), (len(types), 1))
    for number, name in enumerate(TYPES):
        columns = [genes.index(gene) for gene in markers[name]]
        rates[np.ix_(types == number, columns)] += generator.uniform(4, 9, len(columns))
    depth = generator.lognormal(0, 0.25, len(types))
    cycling = generator.random(len(types)) < 0.08
    rates[cycling] *= generator.uniform(0.7, 1.6, len(genes))
    rates *= generator.gamma(4, 0.25, rates.shape)  # cells of a type differ
    counts = generator.poisson(depth[:, None] * rates * 0.5)
    totals = (counts.sum(axis=1) + generator.poisson(3000 * depth)).astype("float32")  # with the genes left out
    raw = np.round(np.log1p(counts / totals[:, None] * TOTAL), 3).astype("float32")
    # The scaled table: what depends on the depth was taken out, then each column was divided by its spread.
    centered = raw - raw.mean(axis=0)
    explained = np.log(totals) - np.log(totals).mean()
    residual = centered - np.outer(explained, explained @ centered / (explained @ explained))
    scaled = np.round(residual / np.maximum(residual.std(axis=0), 0.05), 3).astype("float32")
    wrong = generator.random(len(types)) < 0.06  # labels are guesses too: some T cells carry a neighbor's
    labels = np.where(wrong & (types < 5), generator.integers(0, 5, len(types)), types).astype("int8")
    obs = cells(labels, counts, totals, cycling, generator)
    var = np.zeros(len(genes), [("index", "S13"), ("n_counts", "f4"), ("means", "f4"), ("dispersions", "f4"),
                                ("dispersions_norm", "f4"), ("highly_variable", "?")])  # fmt: skip
    var["index"], var["n_counts"], var["means"] = genes, counts.sum(axis=0), raw.mean(axis=0)
    var["dispersions"] = raw.var(axis=0) / np.maximum(raw.mean(axis=0), 0.01)
    spread = var["dispersions"]
    var["dispersions_norm"] = (spread - spread.mean()) / spread.std()
    var["highly_variable"] = var["dispersions_norm"] > 0
    return {"10x_pbmc68k_reduced.h5ad": packed(scaled, raw, obs, var)}


def cells(
    labels: np.ndarray, counts: np.ndarray, totals: np.ndarray, cycling: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """What the file says of each cell."""
    columns = [("index", "S16"), ("bulk_labels", "i1"), ("n_genes", "<i8"), ("percent_mito", "f4"), ("n_counts", "f4"),
               ("S_score", "f4"), ("G2M_score", "f4"), ("phase", "i1"), ("louvain", "i1")]  # fmt: skip
    obs = np.zeros(len(labels), columns)
    letters = generator.choice(list("ACGT"), (len(labels), 14))
    obs["index"] = ["".join(row) + "-1" for row in letters]
    obs["bulk_labels"], obs["n_counts"] = labels, totals
    obs["n_genes"] = 1000 + (counts > 0).sum(axis=1)
    obs["percent_mito"] = generator.beta(6, 320, len(labels))
    obs["S_score"] = np.where(cycling, 0.8, -0.1) + generator.normal(0, 0.2, len(labels))
    obs["G2M_score"] = np.where(cycling, 0.6, -0.9) + generator.normal(0, 0.3, len(labels))
    obs["phase"] = np.where(cycling, 2, 0)
    obs["louvain"] = np.select([labels < 5, labels == 5, labels == 6, labels == 9], [0, 1, 4, 2], 3)
    return obs


def packed(scaled: np.ndarray, raw: np.ndarray, obs: np.ndarray, var: np.ndarray) -> bytes:
    """The arrays as an HDF5 file, uncompressed and without times, so that its bytes repeat."""
    import h5py

    rows, columns = np.nonzero(raw)
    content = io.BytesIO()
    with h5py.File(content, "w", libver="earliest") as file:
        file["X"], file["obs"], file["var"] = scaled, obs, var
        group = file.create_group("raw.X")
        group.attrs["h5sparse_format"] = "csr"
        group.attrs["h5sparse_shape"] = raw.shape
        group["data"], group["indices"] = raw[rows, columns], columns.astype("int32")
        group["indptr"] = np.searchsorted(rows, np.arange(len(raw) + 1)).astype("int32")
        names = np.zeros(len(var), [("index", "S13")])
        names["index"] = var["index"]
        file["raw.var"] = names
        file["uns/bulk_labels_categories"] = np.array(LABELS, "S28")
        file["uns/louvain_categories"] = np.array([str(number) for number in range(11)], "S2")
        file["uns/phase_categories"] = np.array(["G1", "G2M", "S"], "S3")
    return content.getvalue()
