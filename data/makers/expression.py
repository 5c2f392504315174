"""Expression of genes in tumors: microarray_golub_khan."""

from __future__ import annotations

import gzip

import numpy as np

from .common import Files
from .formats import Factor, write_rdata

N_GENES = 300
N_SIGNAL = 20
LEUKEMIAS = ["ALL"] * 20 + ["AML"] * 14 + ["ALL"] * 27 + ["AML"] * 11  # the test part first, as in the real file
N_TEST = 34
TUMORS = ["EWS"] * 23 + ["RMS"] * 20 + ["NB"] * 12 + ["BL"] * 8


def microarray_golub_khan(generator: np.random.Generator) -> Files:
    """Lists as R writes them: a matrix of samples by genes and the classes."""
    return {"golub.RData": golub(generator), "khan.RData": khan(generator)}


def golub(generator: np.random.Generator) -> bytes:
    """Intensities with background subtracted (so that many are negative); the test part is a batch of its own."""
    level = generator.normal(5, 1.6, N_GENES)
    signal = np.zeros(N_GENES)
    signal[generator.choice(np.arange(20, N_GENES), N_SIGNAL, replace=False)] = generator.normal(0, 1.4, N_SIGNAL)
    is_aml = np.array([label == "AML" for label in LEUKEMIAS])
    log = level + np.outer(is_aml, signal) + generator.normal(0, 0.7, (len(LEUKEMIAS), N_GENES))
    log[:N_TEST] += generator.normal(-0.1, 0.25, N_GENES)
    log += generator.normal(0, 0.15, (len(LEUKEMIAS), 1))  # brightness of an array
    noise = generator.standard_t(3, log.shape) * 90
    matrix = np.clip(np.round(np.exp(log) + noise), -28_000, 70_000)
    matrix[7, 3], matrix[50, 4] = 61_228, -27_500  # outliers
    genes = [f"AFFX-Control{number}_at" for number in range(12)]
    genes += [
        f"{'DHJLMSUXYZ'[number % 10]}{10_000 + 37 * number}{'_s' * (number % 9 == 0)}_at"
        for number in range(N_GENES - 12)
    ]
    order = generator.permutation(np.arange(39, 73))
    patients = [str(number) for number in order] + [str(i) for i in (*range(1, 28), *range(34, 39), *range(28, 34))]

    def part(rows: slice, kind: str) -> dict:
        return {"x": (matrix[rows].astype(kind), patients[rows], genes), "y": Factor(LEUKEMIAS[rows])}

    variables = {
        "golub": part(slice(None), "float64"),
        "golub_train": part(slice(N_TEST, None), "int32"),  # kept as whole numbers, unlike the others
        "golub_test": part(slice(N_TEST), "float64"),
    }
    return gzip.compress(write_rdata(variables), mtime=0)


def khan(generator: np.random.Generator) -> bytes:
    """Logarithms of ratios, four classes, no names of samples."""
    classes = sorted(set(TUMORS))
    shift = np.zeros((len(classes), N_GENES))
    shift[:, :N_SIGNAL] = generator.normal(0, 1, (len(classes), N_SIGNAL))
    shift = shift[:, generator.permutation(N_GENES)]
    means = generator.normal(-0.6, 0.7, N_GENES) + shift[[classes.index(tumor) for tumor in TUMORS]]
    matrix = np.clip(np.round(means + generator.normal(0, 0.5, means.shape), 3), -6, 3.5)
    genes = [f"GENE{number + 1}" for number in range(N_GENES)]
    return gzip.compress(write_rdata({"khan": {"x": (matrix, None, genes), "y": Factor(TUMORS)}}), mtime=0)
