from __future__ import annotations

import gc
import weakref

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genodl_utils import interpretation
from genodl_utils.interpretation import (
    filter_motif,
    hit_rate,
    in_silico_mutagenesis,
    information_content,
    input_gradient,
    integrated_gradients,
    motif_similarity,
    top_positions,
)

quick = settings(deadline=None, max_examples=50)
LENGTH = 12


def one_hot(n, length=LENGTH, seed=0):
    return np.eye(4, dtype="float32")[np.random.default_rng(seed).integers(0, 4, (n, length))]


def linear_model(n_outputs=1, squeeze=False):
    inputs = keras.Input((LENGTH, 4))
    outputs = keras.layers.Dense(n_outputs, name="dense")(keras.layers.Flatten()(inputs))
    if squeeze:
        outputs = keras.layers.Reshape(())(outputs)
    model = keras.Model(inputs, outputs)
    kernel = np.random.default_rng(1).normal(size=(LENGTH * 4, n_outputs)).astype("float32")
    model.get_layer("dense").set_weights([kernel, np.full(n_outputs, 0.5, "float32")])
    return model, kernel.T.reshape(n_outputs, LENGTH, 4)


def nonlinear_model():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((LENGTH, 4))
    x = keras.layers.Conv1D(8, 5, padding="same", activation="gelu")(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(0.5)(x)
    x = keras.layers.Dense(8, activation="tanh")(keras.layers.Flatten()(x))
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))


@pytest.mark.parametrize("squeeze", [False, True])
def test_gradient_of_a_linear_model_is_its_weights(squeeze, monkeypatch):
    model, weights = linear_model(squeeze=squeeze)
    x = one_hot(7)
    monkeypatch.setattr(interpretation, "_BLOCK", 3)  # three blocks, the last is smaller
    gradient = input_gradient(model, x)
    assert gradient.shape == x.shape and gradient.dtype == np.float32
    assert np.allclose(gradient, np.broadcast_to(weights[0], x.shape), atol=1e-6)


def test_gradient_of_one_output():
    model, weights = linear_model(3)
    for output in range(3):
        assert np.allclose(input_gradient(model, one_hot(2), output=output), weights[output], atol=1e-6)
    for output in (None, 3, -1):
        with pytest.raises(ValueError, match="output="):
            input_gradient(model, one_hot(2), output=output)


def test_gradient_is_of_inference_and_per_item():
    model, x = nonlinear_model(), one_hot(4)
    together = input_gradient(model, x)
    assert np.allclose(together, np.concatenate([input_gradient(model, x[i : i + 1]) for i in range(4)]), atol=1e-6)
    step = np.zeros_like(x)
    step[:, 3, 2] = 1e-2
    slope = (model.predict_on_batch(x + step) - model.predict_on_batch(x - step))[:, 0] / 2e-2
    assert np.allclose(together[:, 3, 2], slope, atol=1e-4)


def test_gradients_of_many_inputs_are_compiled_follow_the_weights_and_free_the_model():
    x = one_hot(600)
    network = nonlinear_model()
    few = np.concatenate([input_gradient(network, x[start : start + 100]) for start in range(0, 600, 100)])
    assert np.allclose(input_gradient(network, x), few, atol=1e-5)
    network.set_weights([2 * weights for weights in network.get_weights()])
    changed = input_gradient(network, x[:100])
    assert np.allclose(input_gradient(network, x)[:100], changed, atol=1e-5)
    assert not np.allclose(changed, few[:100], atol=1e-5)
    gone = weakref.ref(network)
    del network
    keras.backend.clear_session()
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("kind", ["zeros", "one", "each"])
def test_integrated_gradients_of_a_linear_model(kind):
    model, weights = linear_model(2)
    x = one_hot(5)
    baseline = {"zeros": None, "one": np.full((LENGTH, 4), 0.25), "each": one_hot(5, seed=9)}[kind]
    start = np.zeros((LENGTH, 4)) if baseline is None else baseline
    attribution = integrated_gradients(model, x, baseline=baseline, n_steps=4, output=1)
    assert np.allclose(attribution, weights[1] * (x - start), atol=1e-5)


def test_integrated_gradients_are_complete(monkeypatch):
    model, x = nonlinear_model(), one_hot(6)
    baseline = np.full((LENGTH, 4), 0.25, "float32")
    change = (model.predict_on_batch(x) - model.predict_on_batch(baseline[None]))[:, 0]
    attribution = integrated_gradients(model, x, baseline=baseline)
    assert np.allclose(attribution.sum(axis=(1, 2)), change, rtol=0.01, atol=1e-5)
    monkeypatch.setattr(interpretation, "_BATCH", 128)  # two items at a time
    assert np.allclose(integrated_gradients(model, x, baseline=baseline), attribution, atol=1e-6)


def test_integrated_gradients_use_the_midpoint_rule():
    inputs = keras.Input((1, 4))
    outputs = keras.layers.Flatten()(inputs)
    model = keras.Model(inputs, keras.ops.sum(outputs**3, axis=1, keepdims=True))
    # One step: 3 * 0.5**2 at the middle. The left or right rule would give 0 or 3.
    assert integrated_gradients(model, np.eye(4)[:1, None], n_steps=1)[0, 0].tolist() == [0.75, 0, 0, 0]


def test_integrated_gradients_reject():
    model, _ = linear_model()
    with pytest.raises(ValueError, match="n_steps=0"):
        integrated_gradients(model, one_hot(2), n_steps=0)
    with pytest.raises(ValueError, match="baseline"):
        integrated_gradients(model, one_hot(2), baseline=np.zeros(4))


@pytest.mark.parametrize("batch_size", [7, 512])
def test_mutagenesis_of_a_linear_model_is_its_weights_differences(batch_size):
    model, weights = linear_model(2)
    x = one_hot(3)
    effect = in_silico_mutagenesis(model, x, output=1, batch_size=batch_size)
    there = (weights[1] * x).sum(axis=2, keepdims=True)
    assert np.allclose(effect, weights[1] - there, atol=1e-5)
    assert np.all(effect[x == 1] == 0)


def test_mutagenesis_of_unknown_letters_and_bad_input():
    model, weights = linear_model()
    x = one_hot(2)
    x[1, 4] = 0
    effect = in_silico_mutagenesis(model, x)
    assert np.allclose(effect[1, 4], weights[0, 4], atol=1e-5)
    for bad in (x + 0.5, x[0], np.ones((1, LENGTH, 4)), x.transpose(0, 2, 1), x * np.nan):
        with pytest.raises(ValueError, match="one-hot"):
            in_silico_mutagenesis(model, bad)


def test_top_positions():
    assert top_positions([[0.1, 0.9, 0.5, 0.9], [-3, -2, -1, -4]], 3).tolist() == [[1, 3, 2], [2, 1, 0]]
    for scores, n in (([1.0, 2.0], 1), ([[1.0, 2.0]], 3), ([[1.0, 2.0]], 0), ([[1.0, np.nan]], 1)):
        with pytest.raises(ValueError, match="scores"):
            top_positions(scores, n)


def test_hit_rate():
    scores = np.array([[0, 9, 8, 7, 0, 0], [9, 0, 8, 0, 0, 7], [0, 0, 0, 9, 8, 7]])
    assert hit_rate(scores, [1, 0, 0], 3).tolist() == pytest.approx([1, 2 / 3, 0])
    assert hit_rate(scores, [2, 3, 3], 3).tolist() == pytest.approx([2 / 3, 1 / 3, 1])
    for starts in ([0, 0], [0, 0, 4], [0, -1, 0]):
        with pytest.raises(ValueError, match="starts"):
            hit_rate(scores, starts, 3)


PATTERN = "GATAC"  # no symmetry, so that swapped letters or directions show


def scanner(width, **options):
    """A model whose filter 1 counts matches with the pattern and is positive for 4 matches or 5."""
    kernel = np.zeros((width, 4, 2), "float32")
    for position, letter in enumerate(PATTERN):
        kernel[position, "ACGT".index(letter), 1] = 1
    inputs = keras.Input((40, 4))
    outputs = keras.layers.Conv1D(2, width, activation="relu", name="scan", **options)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.GlobalMaxPooling1D()(outputs)))
    model.get_layer("scan").set_weights([kernel, np.array([0, -3], "float32")])
    return model


def planted(starts, seed=0):
    """Sequences of A and C only, with one copy of the pattern and then TT, at the given starts."""
    generator = np.random.default_rng(seed)
    rows = []
    for start in starts:
        letters = list(generator.choice(list("TC"), 40))
        letters[start : start + 7] = PATTERN + "GG"
        rows.append(["ACGT".index(letter) for letter in letters[:40]])
    return np.eye(4, dtype="float32")[np.array(rows)]


@pytest.mark.parametrize("padding", ["same", "valid", "causal"])
@pytest.mark.parametrize("width", [5, 6, 7])
@pytest.mark.parametrize("strides", [1, 3])
def test_filter_motif_recovers_the_planted_pattern(padding, width, strides):
    starts = np.arange(0, 33)
    if strides == 3:
        length_out = -(-40 // 3)
        left = {"same": max((length_out - 1) * 3 + width - 40, 0) // 2, "valid": 0, "causal": width - 1}[padding]
        starts = starts[(starts + left) % 3 == 0]
    motif = filter_motif(scanner(width, padding=padding, strides=strides), "scan", planted(starts), 1, threshold=0.6)
    assert motif.n_sites == len(starts)
    expected = np.eye(4)[["ACGT".index(letter) for letter in (PATTERN + "GG")[:width]]]
    assert np.array_equal(motif.matrix, expected)


def test_filter_motif_leaves_out_sites_in_the_padding():
    x = planted([10, 20])
    x[0] = np.roll(x[0], -11, axis=0)  # the pattern without its first letter at the start: 4 matches of 5
    x[0, -1] = [0, 1, 0, 0]
    model = scanner(5, padding="same")
    motif = filter_motif(model, "scan", x, 1, threshold=0.3)
    assert motif.n_sites == 1 and np.array_equal(motif.matrix.argmax(axis=1), ["ACGT".index(c) for c in PATTERN])


def test_filter_motif_counts_frequencies_and_threshold():
    x = planted([10, 20, 30, 5])
    x[3, 5] = np.eye(4)[3]  # TATAC: an activation of 1, half of the maximum of 2
    model = scanner(5)
    assert filter_motif(model, "scan", x, 1).n_sites == 3  # above the half, not at it
    motif = filter_motif(model, "scan", x, 1, threshold=0.4)
    assert motif.n_sites == 4 and motif.matrix[0].tolist() == [0, 0, 0.75, 0.25]


def test_filter_motif_rejects():
    model, x = scanner(5), planted([3])
    with pytest.raises(ValueError, match="filter_index=2"):
        filter_motif(model, "scan", x, 2)
    with pytest.raises(ValueError, match="active"):
        filter_motif(model, "scan", x, 0)
    with pytest.raises(ValueError, match="Conv1D"):
        filter_motif(model, model.layers[-1].name, x, 0)
    with pytest.raises(ValueError, match="dilation"):
        filter_motif(scanner(5, dilation_rate=2), "scan", x, 1)


def test_information_content():
    bits = information_content([[5, 0, 0, 0], [2, 0, 2, 0], [1, 1, 1, 1], [0.5, 0.25, 0.125, 0.125]])
    assert np.allclose(bits, [2, 1, 0, 0.25])
    assert information_content([[4, 0, 0, 0]], pseudocount=1)[0] == pytest.approx(
        2 - (5 / 8 * np.log2(8 / 5) + 3 / 8 * 3)
    )
    for bad in ([[0, 0, 0, 0]], [[1, -1, 1, 1]], [[1, 1, 1]], [[np.nan, 1, 1, 1]]):
        with pytest.raises(ValueError, match="Expected"):
            information_content(bad)


@quick
@given(seed=st.integers(0, 10**6), width=st.integers(6, 12), cut=st.integers(0, 3), strand=st.sampled_from("+-"))
def test_motif_similarity_finds_a_shifted_copy_on_either_strand(seed, width, cut, strand):
    motif = np.random.default_rng(seed).dirichlet(np.ones(4) * 0.3, size=width + 3)
    part = motif[cut : cut + width]
    copy = part if strand == "+" else part[::-1, ::-1]
    match = motif_similarity(motif, copy)
    assert match.similarity == pytest.approx(1) and (match.offset, match.strand) == (cut, strand)
    back = motif_similarity(copy, motif)
    assert back.similarity == pytest.approx(1) and back.strand == strand
    assert back.offset == (-cut if strand == "+" else cut - 3)


def test_motif_similarity_known_and_rejects():
    a = np.eye(4)[[2, 0, 3, 0, 1]]
    b = np.eye(4)[[2, 0, 3, 0, 3]]
    # 4 of 5 columns agree: correlation of 20 entries with mean 1/4 is (4 - 5/4) / (5 - 5/4)
    assert motif_similarity(a, b).similarity == pytest.approx(2.75 / 3.75)
    assert motif_similarity(a, b).offset == 0
    # With fewer columns, the first four match.
    assert motif_similarity(a, b[:4], min_overlap=4) == (1.0, 0, "+")
    with pytest.raises(ValueError, match="min_overlap"):
        motif_similarity(a, b[:4])
    with pytest.raises(ValueError, match="uniform"):
        motif_similarity(a, np.full((5, 4), 0.25))
