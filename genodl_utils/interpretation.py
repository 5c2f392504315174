"""What a trained model looks at: gradients, in-silico mutagenesis, and filters as motifs."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import keras

Floats = NDArray[np.float32]
_BATCH = 256  # items that go through a model at once
_COMPILED: weakref.WeakKeyDictionary[Any, dict] = weakref.WeakKeyDictionary()  # gradient functions of TensorFlow models
_BLOCK = 128  # items whose gradients are computed at once: enough for long products, few enough for the cache


class FilterMotif(NamedTuple):
    """Frequency matrix (width, 4) of the subsequences that activate a filter, and their number."""

    matrix: NDArray[np.float64]
    n_sites: int


class MotifMatch(NamedTuple):
    """Best alignment of two motifs: `b`, reverse-complemented on strand "-", starts at column `offset` of `a`."""

    similarity: float
    offset: int
    strand: str


def input_gradient(model: keras.Model, x: ArrayLike, *, output: int | None = None) -> Floats:
    """Gradient of a model's output with respect to its input, on TensorFlow, JAX and torch.

    Parameters
    ----------
    model
        Model with one input and one output, (n,) or (n, n_outputs).
    x
        (n, ...) inputs, for example one-hot (n, length, 4).
    output
        Which of several outputs; None where there is one.

    Returns
    -------
    ndarray
        float32 like `x`: the gradient of each item's output for this item.

    Raises
    ------
    ValueError
        Where `output` is missing or out of range.

    Notes
    -----
    The gradient of a sigmoid or softmax vanishes where the model is sure. Pass a model that ends before the activation
    (a logit model) to avoid that. Gradient times input is the saliency map of Simonyan et al. (2014), ICLR workshop.
    """
    x = _floats(x)
    gradient = _gradient_function(model, output, len(x))
    parts = [gradient(x[start : start + _BLOCK]) for start in range(0, len(x), _BLOCK)]
    return np.concatenate(parts) if parts else x


def integrated_gradients(
    model: keras.Model, x: ArrayLike, *, baseline: ArrayLike | None = None, n_steps: int = 64, output: int | None = None
) -> Floats:
    """Attribute the change of the output from a baseline to each input by integrated gradients.

    Parameters
    ----------
    model, x, output
        As for `input_gradient`.
    baseline
        Input without signal, like `x` or like one item of it; None: zeros.
    n_steps
        Points on the straight line from the baseline to `x` (midpoint rule).

    Returns
    -------
    ndarray
        float32 like `x`; the attributions of an item sum to f(x) - f(baseline), up to the steps.

    Raises
    ------
    ValueError
        Where the shape of the baseline does not fit, or `n_steps` is below 1.

    Notes
    -----
    Source: Sundararajan et al. (2017), Axiomatic attribution for deep networks, ICML.
    """
    x = _floats(x)
    start = np.zeros(x.shape[1:], np.float32) if baseline is None else _floats(baseline)
    if start.shape not in (x.shape, x.shape[1:]) or n_steps < 1:
        raise ValueError(
            f"Expected n_steps >= 1 and baseline= of shape {x.shape} or {x.shape[1:]}. "
            f"Received: n_steps={n_steps}, baseline of shape {start.shape}"
        )
    change = x - start
    start = np.broadcast_to(start, x.shape)
    steps = ((np.arange(n_steps, dtype=np.float32) + 0.5) / n_steps).reshape(-1, *[1] * x.ndim)
    result = np.empty_like(x)
    n_items = max(1, _BLOCK // n_steps)
    gradient = _gradient_function(model, output, len(x) * n_steps)
    for first in range(0, len(x), n_items):
        rows = slice(first, first + n_items)
        points = start[rows] + steps * change[rows]
        slopes = gradient(points.reshape(-1, *x.shape[1:]))
        result[rows] = change[rows] * slopes.reshape(points.shape).mean(axis=0)
    return result


def in_silico_mutagenesis(
    model: keras.Model, x: ArrayLike, *, output: int | None = None, batch_size: int = _BATCH
) -> Floats:
    """Effect of each single-base change on the output of a model.

    Parameters
    ----------
    model, output
        As for `input_gradient`.
    x
        (n, length, 4) one-hot sequences; all-zero rows (unknown letters) are allowed.
    batch_size
        Mutants that are predicted at once.

    Returns
    -------
    ndarray
        (n, length, 4) float32: f(mutant) - f(x), 0 at the letter that is there.

    Raises
    ------
    ValueError
        Where `x` is not one-hot.

    Notes
    -----
    3 * length predictions for each sequence. Source: Zhou and Troyanskaya (2015), Nature Methods.
    """
    x = _one_hot(x)
    effects = np.zeros_like(x)
    reference = _predict(model, x, output, batch_size)
    mutations = np.argwhere(x == 0)
    for start in range(0, len(mutations), batch_size):
        item, position, letter = mutations[start : start + batch_size].T
        mutants, row = x[item], np.arange(len(item))
        mutants[row, position] = 0
        mutants[row, position, letter] = 1
        effects[item, position, letter] = _predict(model, mutants, output, batch_size) - reference[item]
    return effects


def top_positions(scores: ArrayLike, n: int) -> NDArray[np.intp]:
    """Positions with the highest scores.

    Parameters
    ----------
    scores
        (n_sequences, length) score of each position.
    n
        How many, 1 to length.

    Returns
    -------
    ndarray
        (n_sequences, n) 0-based positions, the highest score first; of equal scores the leftmost.

    Raises
    ------
    ValueError
        Where scores are not 2-d or have NaN, or `n` is out of range.

    Examples
    --------
    >>> top_positions([[0.1, 0.7, 0.2]], 2)
    array([[1, 2]])
    """
    scores = np.asarray(scores, float)
    if scores.ndim != 2 or np.isnan(scores).any() or not 1 <= n <= scores.shape[1]:
        raise ValueError(
            "Expected scores (n_sequences, length) without NaN and 1 <= n <= length. "
            f"Received: shape {scores.shape}, n={n}"
        )
    return np.argsort(-scores, axis=1, kind="stable")[:, :n]


def hit_rate(scores: ArrayLike, starts: ArrayLike, width: int) -> NDArray[np.float64]:
    """Share of the `width` highest positions that lie in a known motif.

    Parameters
    ----------
    scores
        (n_sequences, length) score of each position.
    starts
        (n_sequences,) 0-based start of the motif in each sequence.
    width
        Width of the motif in bp.

    Returns
    -------
    ndarray
        (n_sequences,) share, 0 to 1; by chance it is width / length.

    Raises
    ------
    ValueError
        Where a motif is not inside its sequence.

    Examples
    --------
    >>> hit_rate([[0.1, 0.7, 0.2, 0.0]], [1], 2)
    array([1.])
    """
    starts, n_sequences, length = np.asarray(starts), len(np.asarray(scores)), np.shape(scores)[-1]
    if starts.shape != (n_sequences,) or np.any((starts < 0) | (starts + width > length)):
        raise ValueError(
            f"Expected starts ({n_sequences},) with 0 <= start <= length - width. Received: starts {starts.shape}, "
            f"length={length}, width={width}; leave out sequences without a motif"
        )
    positions = top_positions(scores, width) - starts[:, None]
    return np.mean((positions >= 0) & (positions < width), axis=1)


def filter_motif(
    model: keras.Model, layer_name: str, x: ArrayLike, filter_index: int, *, threshold: float = 0.5
) -> FilterMotif:
    """Align the subsequences that activate a filter of the first convolution.

    Parameters
    ----------
    model
        Model whose layer `layer_name` is a Conv1D that reads the one-hot sequences.
    layer_name, filter_index
        The filter.
    x
        (n, length, 4) one-hot sequences.
    threshold
        A site is a position with an activation above this share of the filter's maximum over `x`.

    Returns
    -------
    FilterMotif
        `matrix` (kernel width, 4), rows summing to 1 in the order ACGT, and `n_sites`. Sites that reach into the
        padding are left out.

    Raises
    ------
    ValueError
        Where the layer does not read sequences, is dilated, or the filter is never active.

    Notes
    -----
    Source: Kelley et al. (2016), Basset, Genome Research.
    """
    import keras

    x = _one_hot(x)
    layer = model.get_layer(layer_name)
    if not isinstance(layer, keras.layers.Conv1D) or layer.kernel.shape[1] != 4 or layer.dilation_rate != (1,):
        raise ValueError(
            f"Expected layer_name= a Conv1D without dilation that reads (length, 4). Received: {layer_name!r}, "
            f"{type(layer).__name__}"
        )
    width, n_filters, stride = layer.kernel_size[0], layer.filters, layer.strides[0]
    if not 0 <= filter_index < n_filters:
        raise ValueError(f"Expected 0 <= filter_index < {n_filters}. Received: filter_index={filter_index}")
    part = keras.Model(model.inputs[0], layer.output)
    batches = [_outputs(part, x[start : start + _BATCH]) for start in range(0, len(x), _BATCH)]
    activation = np.concatenate([batch[..., filter_index] for batch in batches])
    length, n_out = x.shape[1], activation.shape[1]
    left = {"valid": 0, "same": max((n_out - 1) * stride + width - length, 0) // 2, "causal": width - 1}[layer.padding]
    if activation.max() <= 0:
        raise ValueError(f"Expected a filter that is active for some sequence. Received: filter_index={filter_index}")
    item, place = np.nonzero(activation > threshold * activation.max())
    begin = place * stride - left
    inside = (begin >= 0) & (begin + width <= length)
    sites = x[item[inside, None], begin[inside, None] + np.arange(width)]
    counts = sites.sum(axis=0, dtype=float)
    if np.any(counts.sum(axis=1) == 0):
        raise ValueError(f"Expected sites with known letters. Received: {len(sites)} sites; lower the threshold")
    return FilterMotif(counts / counts.sum(axis=1, keepdims=True), len(sites))


def information_content(matrix: ArrayLike, *, pseudocount: float = 0.0) -> NDArray[np.float64]:
    """Information of each column of a motif against equal base frequencies.

    Parameters
    ----------
    matrix
        (width, 4) counts or frequencies.
    pseudocount
        Added to each entry before rows are scaled to sum to 1.

    Returns
    -------
    ndarray
        (width,) bits: 0 (uniform) to 2 (one letter).

    Raises
    ------
    ValueError
        Where entries are negative or NaN, or a row is all zero.

    Notes
    -----
    Source: Schneider and Stephens (1990), Sequence logos, Nucleic Acids Research; without the small-sample correction.

    Examples
    --------
    >>> information_content([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]])
    array([2., 1., 0.])
    """
    counts = _motif(matrix) + pseudocount
    total = counts.sum(axis=1, keepdims=True)
    if not np.all(total > 0):
        raise ValueError("Expected a positive sum in each row; use a pseudocount. Received: a row of zeros")
    frequency = counts / total
    return 2 + np.sum(frequency * np.log2(frequency, where=frequency > 0, out=np.zeros_like(frequency)), axis=1)


def motif_similarity(a: ArrayLike, b: ArrayLike, *, min_overlap: int = 5) -> MotifMatch:
    """Best Pearson correlation of two motifs over all ungapped alignments on both strands.

    Parameters
    ----------
    a, b
        (width, 4) frequency matrices; the widths may differ.
    min_overlap
        Fewest columns that must overlap; short overlaps correlate by chance.

    Returns
    -------
    MotifMatch
        `similarity` (-1 to 1) over the entries of the overlapping columns, `offset` and `strand`.

    Raises
    ------
    ValueError
        Where a motif is narrower than `min_overlap`, or one is uniform.

    Examples
    --------
    >>> gata = [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]]
    >>> motif_similarity(gata, gata[1:], min_overlap=3)
    MotifMatch(similarity=1.0, offset=1, strand='+')
    """
    a, b = _motif(a), _motif(b)
    if not 1 <= min_overlap <= min(len(a), len(b)):
        raise ValueError(
            "Expected min_overlap= at least 1 and at most the narrower width. "
            f"Received: min_overlap={min_overlap}, widths {len(a)} and {len(b)}"
        )
    best: MotifMatch | None = None
    for strand, motif in (("+", b), ("-", b[::-1, ::-1])):
        for offset in range(min_overlap - len(b), len(a) - min_overlap + 1):
            first, last = max(offset, 0), min(offset + len(b), len(a))
            left, right = a[first:last].ravel(), motif[first - offset : last - offset].ravel()
            left, right = left - left.mean(), right - right.mean()
            scale = np.linalg.norm(left) * np.linalg.norm(right)
            if scale > 1e-9:
                match = MotifMatch(float(np.round(left @ right / scale, 12)), offset, strand)
                best = match if best is None or match.similarity > best.similarity else best
    if best is None:
        raise ValueError("Expected motifs that are not uniform. Received: no columns to correlate")
    return best


def _floats(x: ArrayLike) -> Floats:
    return np.ascontiguousarray(x, dtype=np.float32)


def _one_hot(x: ArrayLike) -> Floats:
    x = _floats(x)
    if x.ndim != 3 or x.shape[2] != 4 or not np.isin(x, (0, 1)).all() or (x.size and x.sum(axis=2).max() > 1):
        raise ValueError(f"Expected one-hot sequences (n, length, 4). Received: shape {x.shape}, or not one-hot")
    return x


def _motif(matrix: ArrayLike) -> NDArray[np.float64]:
    motif = np.asarray(matrix, float)
    if motif.ndim != 2 or motif.shape[1] != 4 or not np.all(motif >= 0):
        raise ValueError(
            f"Expected a motif (width, 4) of values >= 0. Received: shape {motif.shape}, or below 0 or NaN"
        )
    return motif


def _select(values: Any, output: int | None) -> Any:
    """Choose the output (n,) of a prediction (n,) or (n, n_outputs)."""
    shape = tuple(values.shape)
    n_outputs = 1 if len(shape) == 1 else shape[-1]
    if len(shape) > 2 or (output is None and n_outputs != 1) or not 0 <= (output or 0) < n_outputs:
        raise ValueError(
            f"Expected output= one of the {n_outputs} outputs of a model that returns (n, n_outputs). "
            f"Received: output={output}, outputs of shape {shape}"
        )
    return values if len(shape) == 1 else values[:, output or 0]


def _predict(model: keras.Model, x: Floats, output: int | None, batch_size: int) -> Floats:
    starts = range(0, len(x), batch_size)
    parts = [_select(_outputs(model, x[start : start + batch_size]), output) for start in starts]
    return np.concatenate([np.empty(0, np.float32), *parts])


def _outputs(model: keras.Model, x: Floats) -> NDArray[Any]:
    """Call the model directly: `predict` compiles a function for each model and shape, and warns of many."""
    import keras

    return keras.ops.convert_to_numpy(model(x, training=False))


def _gradient_function(model: keras.Model, output: int | None, n: int) -> Callable[[Floats], Floats]:
    """Return a function that takes the gradient of the summed output of a block.

    Items do not mix, so each item gets its own gradient. For many items, `n`, the function is compiled first, which
    takes as long as some blocks do without.
    """
    import keras

    backend, compiled = keras.backend.backend(), n > 4 * _BLOCK
    if backend == "tensorflow":
        import tensorflow as tf

        def taped(inputs: Any, model: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                total = tf.reduce_sum(_select(model(inputs, training=False), output))
            return tape.gradient(total, inputs)

        if not compiled:
            return lambda x: taped(tf.constant(x), model).numpy()
        known, of_model = _COMPILED.setdefault(model, {}), weakref.ref(model)

        def by_graph(x: Floats) -> Floats:
            key = output, x.shape[1:]
            if key not in known:
                shape = tf.TensorSpec((None, *x.shape[1:]), tf.float32)
                known[key] = tf.function(lambda inputs: taped(inputs, of_model())).get_concrete_function(shape)
            return known[key](tf.constant(x)).numpy()

        return by_graph
    if backend == "jax":
        import jax

        trainable = [variable.value for variable in model.trainable_variables]
        fixed = [variable.value for variable in model.non_trainable_variables]

        def summed(inputs: Any) -> Any:
            values, _ = model.stateless_call(trainable, fixed, inputs, training=False)
            return _select(values, output).sum()

        by_transformation = jax.jit(jax.grad(summed)) if compiled else jax.grad(summed)
        return lambda x: np.asarray(by_transformation(jax.numpy.asarray(x)))
    if backend == "torch":
        import torch

        def by_tape(x: Floats) -> Floats:
            inputs = keras.ops.convert_to_tensor(x).detach().requires_grad_(True)
            with torch.enable_grad():
                total = _select(model(inputs, training=False), output).sum()
            return torch.autograd.grad(total, inputs)[0].cpu().numpy()

        return by_tape
    raise ValueError(f"Expected the Keras backend tensorflow, jax or torch. Received: {backend!r}")
