"""Seeds, devices and a `fit` that stops early and leaves one line of output."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

if TYPE_CHECKING:
    import keras
    import pandas as pd

T = TypeVar("T")


def set_seed(seed: int, *, deterministic: bool = False) -> None:
    """Seed Python, NumPy and the Keras backend.

    Parameters
    ----------
    seed
        0 to 2**32 - 1.
    deterministic
        Also ask TensorFlow or torch for operations that repeat bit by bit, which can be slower (JAX on a CPU does so
        anyway).

    Raises
    ------
    TypeError
        Where the seed is not an integer.
    ValueError
        Where it is out of range.

    Notes
    -----
    The same seed repeats a training run on the same machine with the same number of threads, not across machines.
    """
    import keras

    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise TypeError(f"Expected seed= an integer. Received: seed={seed!r}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"Expected 0 <= seed < 2**32. Received: seed={seed}")
    keras.utils.set_random_seed(int(seed))
    if deterministic and keras.backend.backend() == "tensorflow":
        importlib.import_module("tensorflow").config.experimental.enable_op_determinism()
    elif deterministic and keras.backend.backend() == "torch":
        importlib.import_module("torch").use_deterministic_algorithms(True)


def device_report() -> pd.Series:
    """Say what the models run on.

    Returns
    -------
    Series
        `backend`, `keras` (version), `devices`, `threads` (CPU cores this process may use) and `precision`.
    """
    import keras
    import pandas as pd

    backend = keras.backend.backend()
    if backend == "torch":
        cuda = importlib.import_module("torch").cuda
        devices = [cuda.get_device_name(number) for number in range(cuda.device_count())] or ["cpu"]
    else:
        devices = keras.distribution.list_devices()
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return pd.Series(
        {
            "backend": backend,
            "keras": keras.__version__,
            "devices": ", ".join(devices),
            "threads": threads,
            "precision": keras.config.dtype_policy().name,
        },
        name="device",
    )


@contextmanager
def mixed_precision(policy: str = "mixed_float16") -> Iterator[None]:
    """Build models in mixed precision inside a `with` block and restore the policy after it.

    Parameters
    ----------
    policy
        "mixed_float16" for GPUs, "mixed_bfloat16" for recent GPUs, TPUs and CPUs.

    Notes
    -----
    Layers keep the policy that they were built with. Give the last layer `dtype="float32"`.
    Source: Micikevicius et al. (2018), Mixed precision training, ICLR.
    """
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def fit(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    validation_data: Any,
    epochs: int,
    batch_size: int = 64,
    patience: int = 5,
    monitor: str = "val_loss",
    mode: Literal["min", "max"] = "min",
    sample_weight: Any = None,
    class_weight: dict[int, float] | None = None,
    quiet: bool = False,
) -> keras.callbacks.History:
    """Train a compiled model, stop early, restore the weights of the best epoch and print one line.

    Parameters
    ----------
    model
        Compiled model.
    x, y
        Training data as for `keras.Model.fit`; with a `keras.utils.PyDataset` as `x` there is no `y`.
    validation_data
        (x, y), (x, y, sample_weight) or a data set.
    epochs
        Most epochs to train.
    batch_size
        Items in a batch; not used with a data set, which has its own.
    patience
        Epochs without a better value after which training stops.
    monitor, mode
        What to watch, and whether low ("min") or high ("max") is good.
    sample_weight
        (n,) weight of each training item.
    class_weight
        Weight of each class.
    quiet
        Whether to print and show nothing, for a training within a loop that reports by itself (see `progress`).

    Returns
    -------
    History
        Loss and metrics of each epoch, in `.history`.

    Raises
    ------
    KeyError
        Where `monitor` is not recorded by the model.
    ValueError
        Where its value was never a finite number, or `epochs` is below 1.

    Notes
    -----
    A notebook shows the progress in one place and records only the last line; a terminal shows it on stderr.
    """
    import keras

    if epochs < 1 or mode not in ("min", "max"):
        raise ValueError(f'Expected epochs >= 1 and mode "min" or "max". Received: epochs={epochs}, mode={mode!r}')
    display = _Display(silent=quiet)

    def show(epoch: int, logs: dict[str, float]) -> None:
        if monitor not in logs:
            raise KeyError(f"Expected monitor= one of {sorted(logs)}. Received: monitor={monitor!r}")
        display.update(f"Epoch {epoch + 1} of {epochs}: loss {_number(logs['loss'])}, {label} {_number(logs[monitor])}")

    label = monitor.replace("val_", "validation ", 1).replace("_", " ")
    stopping = keras.callbacks.EarlyStopping(monitor, patience=patience, mode=mode, restore_best_weights=True)
    history = model.fit(
        x,
        y,
        validation_data=validation_data,
        epochs=epochs,
        batch_size=batch_size,
        sample_weight=sample_weight,
        class_weight=class_weight,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=show), stopping],
        verbose=0,
    )
    values = np.asarray(history.history[monitor], float)
    if not np.any(np.isfinite(values)):
        raise ValueError(f"Expected a finite {label}; try a lower learning rate. Received: {values.tolist()}")
    best = int(np.nanargmin(values) if mode == "min" else np.nanargmax(values))
    display.close(
        f"Stopped after {len(values)} epochs; best epoch {best + 1}: {label} {_number(values[best])}".replace(
            " 1 epochs", " 1 epoch"
        )
    )
    return history


def restart(model: keras.Model, weights: Sequence[Any]) -> None:
    """Give a compiled model new weights and an optimizer without memory, so that it can be trained again at once.

    Training the same model in many folds or from many starts is several times faster than building it anew, because
    Keras compiles it only once.

    Parameters
    ----------
    model
        Compiled model.
    weights
        What `model.get_weights()` returned where training is to start.

    Raises
    ------
    ValueError
        Where the model is not compiled, or the weights belong to another one.
    """
    import keras

    if not model.compiled:
        raise ValueError("Expected a compiled model; call model.compile first. Received: model.compiled=False")
    model.set_weights(weights)
    for variable in model.optimizer.variables:
        if not variable.path.endswith("learning_rate"):
            variable.assign(keras.ops.zeros(variable.shape, variable.dtype))


def progress(items: Sequence[T], name: str) -> Iterator[T]:
    """Go through the items of a long loop and show in one line how far it is.

    Parameters
    ----------
    items
        What to go through.
    name
        What one item is, in the singular.

    Yields
    ------
    T
        The items in order.

    Examples
    --------
    >>> [number**2 for number in progress([1, 2], "fold")]
    Finished 2 folds
    [1, 4]
    """
    display = _Display()
    for number, item in enumerate(items, start=1):
        display.update(f"{name} {number} of {len(items)}")
        yield item
    display.close(f"Finished {len(items)} {name}s")


def _number(value: float) -> str:
    return f"{value:.3f}" if 0.001 <= abs(value) < 10_000 or value == 0 else f"{value:.2e}"


class _Display:
    """One line of text: an output updated in place in a notebook, a line on stderr in a terminal."""

    def __init__(self, *, silent: bool = False) -> None:
        from IPython import get_ipython

        self.silent = silent
        self.in_notebook = hasattr(get_ipython(), "kernel") and not silent
        self.in_terminal = not self.in_notebook and sys.stderr.isatty() and not silent
        self.handle: Any = None

    def update(self, text: str) -> None:
        if self.in_notebook:
            from IPython.display import display

            if self.handle is None:
                self.handle = display({"text/plain": text}, raw=True, display_id=True)
            else:
                self.handle.update({"text/plain": text}, raw=True)
        elif self.in_terminal:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    def close(self, text: str) -> None:
        if self.in_notebook:
            self.update(text)
        elif not self.silent:
            self.update("")
            print(text)
