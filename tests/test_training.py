from __future__ import annotations

import sys

import keras
import numpy as np
import pytest

from genodl_utils.training import _Display, device_report, fit, mixed_precision, progress, restart, set_seed


def data(n=64):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(n, 3)).astype("float32")
    return x, (x @ [1.0, -2.0, 0.5]).astype("float32")[:, None]


def linear(learning_rate=0.05, **compiled):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(learning_rate), loss="mse", **compiled)
    return model


def test_set_seed_repeats_and_differs():
    draws = []
    for seed in (0, 0, 1, np.int64(1)):
        set_seed(seed)
        draws.append((float(keras.random.normal(())), np.random.random()))  # noqa: NPY002
    assert draws[0] == draws[1] != draws[2] == draws[3]


@pytest.mark.parametrize("seed", [None, True, 1.0, "1"])
def test_set_seed_rejects_types(seed):
    with pytest.raises(TypeError, match="seed"):
        set_seed(seed)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_set_seed_rejects_values(seed):
    with pytest.raises(ValueError, match="seed"):
        set_seed(seed)


def test_device_report():
    report = device_report()
    assert list(report.index) == ["backend", "keras", "devices", "threads", "precision"]
    assert report["backend"] == keras.backend.backend() and report["keras"] == keras.__version__
    assert report["threads"] >= 1 and "cpu" in report["devices"] and report["precision"] == "float32"


def test_mixed_precision_restores_the_policy():
    with pytest.raises(RuntimeError), mixed_precision():
        assert keras.layers.Dense(1).compute_dtype == "float16"
        assert device_report()["precision"] == "mixed_float16"
        raise RuntimeError
    assert keras.config.dtype_policy().name == "float32"
    with mixed_precision("mixed_bfloat16"):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
    assert keras.layers.Dense(1).compute_dtype == "float32"


def test_fit_prints_one_line_and_learns(capsys):
    set_seed(0)
    x, y = data()
    model = linear()
    history = fit(model, x, y, validation_data=data(), epochs=30, batch_size=16)
    captured = capsys.readouterr()
    value = history.history["val_loss"][-1]
    assert captured.out == f"Stopped after 30 epochs; best epoch 30: validation loss {_text(value)}\n"
    assert captured.err == ""
    assert value < 0.01 * history.history["val_loss"][0]
    assert np.allclose(model.get_weights()[0].ravel(), [1, -2, 0.5], atol=0.1)


def _text(value):
    return f"{value:.3f}" if value >= 0.001 else f"{value:.2e}"


@pytest.mark.parametrize(("mode", "sign"), [("min", 1), ("max", -1)])
def test_fit_stops_early_and_restores_the_best_weights(capsys, mode, sign):
    set_seed(0)
    # Training drives the output up without end; the validation metric is best when it passes 1.

    def off(y_true, y_pred):
        return sign * keras.ops.abs(keras.ops.mean(y_pred) - 1.0)

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=lambda t, p: -keras.ops.mean(p), metrics=[off])
    zeros = np.zeros((8, 3), "float32"), np.zeros((8, 1), "float32")
    history = fit(
        model, *zeros, validation_data=zeros, epochs=50, patience=3, monitor="val_off", mode=mode, batch_size=8
    )
    # The bias grows by 0.1 in each epoch: epoch 10 is best, and 3 epochs later training stops.
    assert len(history.history["val_off"]) == 13
    assert model.get_weights()[1][0] == pytest.approx(1.0, abs=1e-5)
    assert capsys.readouterr().out.startswith("Stopped after 13 epochs; best epoch 10: validation off ")


def test_fit_restores_the_best_weights_when_the_epochs_run_out(capsys):
    def off(y_true, y_pred):
        return keras.ops.abs(keras.ops.mean(y_pred) - 0.2)

    zeros = np.zeros((8, 3), "float32"), np.zeros((8, 1), "float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=lambda t, p: -keras.ops.mean(p), metrics=[off])
    fit(model, *zeros, validation_data=zeros, epochs=4, patience=5, monitor="val_off", batch_size=8)
    assert model.get_weights()[1][0] == pytest.approx(0.2, abs=1e-5)
    assert "after 4 epochs; best epoch 2:" in capsys.readouterr().out


def test_fit_uses_weights_of_samples_and_classes(capsys):
    x, y = np.ones((40, 3), "float32"), np.repeat([[0.0], [1.0]], 20, axis=0)
    for weights in ({"class_weight": {0: 0.0, 1: 1.0}}, {"sample_weight": np.repeat([0.0, 1.0], 20)}):
        model = linear(0.1)
        fit(model, x, y, validation_data=(x, y), epochs=20, batch_size=10, patience=30, monitor="loss", **weights)
        assert model.predict_on_batch(x)[0, 0] == pytest.approx(1, abs=0.05)


def test_fit_takes_a_data_set_and_the_batch_size(capsys):
    x, y = data(64)

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, i):
            return x[16 * i : 16 * (i + 1)], y[16 * i : 16 * (i + 1)]

    model = linear()
    history = fit(model, Batches(), validation_data=Batches(), epochs=3)
    assert len(history.history["loss"]) == 3 and history.params["steps"] == 4
    assert fit(linear(), x, y, validation_data=(x, y), epochs=1, batch_size=8).params["steps"] == 8
    assert capsys.readouterr().out.count("\n") == 2


def test_fit_says_what_is_wrong():
    x, y = data()
    with pytest.raises(KeyError, match="val_loss.*val_auc"):
        fit(linear(), x, y, validation_data=(x, y), epochs=1, monitor="val_auc")
    with pytest.raises(ValueError, match="learning rate"):
        fit(linear(), x, y * np.nan, validation_data=(x, y * np.nan), epochs=2)
    with pytest.raises(ValueError, match="epochs=0"):
        fit(linear(), x, y, validation_data=(x, y), epochs=0)
    with pytest.raises(ValueError, match="mode"):
        fit(linear(), x, y, validation_data=(x, y), epochs=1, mode="auto")


def test_a_notebook_gets_one_output_that_is_updated(monkeypatch, capsys):
    shown = []

    class Handle:
        def update(self, data, raw):
            shown.append(("update", data, raw))

    def display(data, raw, display_id):
        shown.append(("display", data, raw, display_id))
        return Handle()

    monkeypatch.setattr("IPython.get_ipython", lambda: type("Shell", (), {"kernel": object()})())
    monkeypatch.setattr("IPython.display.display", display)
    x, y = data()
    fit(linear(), x, y, validation_data=(x, y), epochs=3)
    assert [entry[0] for entry in shown] == ["display", "update", "update", "update"]
    assert shown[0][1]["text/plain"].startswith("Epoch 1 of 3: loss ") and shown[0][2:] == (True, True)
    assert list(shown[-1][1]) == ["text/plain"]
    assert shown[-1][1]["text/plain"].startswith("Stopped after 3 epochs; best epoch 3: validation loss ")
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_line_that_is_wiped(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    display = _Display()
    display.update("first")
    display.close("last")
    out, err = capsys.readouterr()
    assert out == "last\n" and err == "\r\x1b[Kfirst\r\x1b[K"


def test_a_quiet_fit_prints_nothing(capsys):
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((4, 2)), np.ones(4)
    fit(model, x, y, validation_data=(x, y), epochs=1, quiet=True)
    assert capsys.readouterr().out == ""


def test_progress_passes_the_items_on_and_leaves_one_line(capsys):
    assert list(progress(["a", "b", "c"], "seed")) == ["a", "b", "c"]
    assert capsys.readouterr().out == "Finished 3 seeds\n"


def test_a_restarted_model_trains_exactly_like_a_new_one():
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    y = x.sum(axis=1)

    def train(model):
        set_seed(7)
        # Not on JAX, where Keras draws once more in a model's first call than in later ones.
        shuffle = keras.backend.backend() != "jax"
        model.fit(x, y, epochs=3, batch_size=16, shuffle=shuffle, verbose=0)
        return model.get_weights()

    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1)])
    start = model.get_weights()
    model.compile(keras.optimizers.AdamW(0.01), "mse")
    first = train(model)
    without_restart = train(model)
    restart(model, start)
    again = train(model)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.allclose(first[0], without_restart[0])
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)


def test_restart_needs_a_compiled_model():
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="compiled"):
        restart(model, model.get_weights())
