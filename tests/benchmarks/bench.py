"""Speed of the helpers, as ratios of times measured in the same run: ``make bench``, or ``make bench RECORD=1``.

Each task stands beside the best peer that installs and beside a limit: what the machine's memory, or the bare matrix
products of the same model, would allow. Every time is the best of several repeats, taken in turns so that other load on
the machine hits all alike; the median is shown beside it. Then the tasks grow: seconds by the size of the input. The
bars are goals, not tests: the exit status is 0 in any case. ``RECORD=1`` writes the numbers for the book's page.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import chapters
import keras
import numpy as np
import pyfaidx
import pysam
import record
import tensorflow as tf
from Bio import SeqIO

from genodl_utils import interpretation, pileup, training
from genodl_utils.intervals import Genome, windows_to_strings
from genodl_utils.sequences import ALPHABET, one_hot
from genodl_utils.simulate import random_sequences

REPEATS = 5
RECORDING = chapters.ROOT / "book" / "benchmarks.json"
NUMPY_ONLY = ["sequences", "intervals", "simulate", "splits"]
FILTERS, WIDTH = 64, 15  # of the network whose steps, gradients and mutants are timed
Functions = dict[str, Callable[[], Any]]


def measure(functions: Functions, repeats: int = REPEATS) -> dict[str, list[float]]:
    """Time each function in turn, `repeats` times after a warm-up."""
    for function in functions.values():
        function()
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            start = time.perf_counter()
            result = function()
            times[name].append(time.perf_counter() - start)
            del result  # freeing the memory is not timed
    return times


def agree(functions: Functions, equal: Callable[[Any, Any], bool], leave_out: tuple[str, ...] = ()) -> None:
    """Stop where a peer computes something else than the helper, which comes first: it would prove nothing."""
    names = [name for name in functions if name not in leave_out]
    expected = functions[names[0]]()
    for name in names[1:]:
        assert equal(functions[name](), expected), name


def task(
    title: str, functions: Functions, limit: str, peers: list[str], scales: dict[str, float] | None = None
) -> dict[str, Any]:
    """Time the functions, the helper first; print and return how they compare with the limit and the best peer."""
    times, scales = measure(functions), scales or {}
    helper = next(iter(functions))
    best = {name: min(values) * scales.get(name, 1) for name, values in times.items()}
    print(f"\n{title}\n{'':44}{'best':>12}{'median':>12}{'limit / best':>15}")
    for name, values in times.items():
        scaled = f"  (1/{scales[name]:.0f} of the work, scaled)" if name in scales else ""
        median = statistics.median(values) * scales.get(name, 1)
        print(f"{name:44}{best[name] * 1e3:9.2f} ms{median * 1e3:9.2f} ms{best[limit] / best[name]:15.3g}{scaled}")
    peer = min(peers, key=best.__getitem__)
    ratio = best[peer] / best[helper]
    share = best[limit] / best[helper]
    print(f"{helper}: {ratio:.3g} times as fast as the best peer, {peer}; {share:.3g} of the limit")
    medians = {name: statistics.median(values) * scales.get(name, 1) for name, values in times.items()}
    return {
        "task": title, "helper": helper, "peer": peer, "limit": limit, "best": best, "median": medians,
        "speed_by_peer": ratio, "speed_by_limit": share,
    }  # fmt: skip


def growth(name: str, unit: str, sizes: list[int], make: Callable[[int], Functions]) -> dict[str, Any]:
    """Time functions over sizes of their input: the best of three, the slope on logarithmic axes."""
    seconds: dict[str, list[float]] = {}
    for size in sizes:
        for label, values in measure(make(size), repeats=3).items():
            seconds.setdefault(label, []).append(min(values))
    slopes = {label: float(np.polyfit(np.log(sizes), np.log(values), 1)[0]) for label, values in seconds.items()}
    print(f"{name} by {unit}: " + ", ".join(f"{label} grows as size^{slope:.2f}" for label, slope in slopes.items()))
    return {"task": name, "unit": unit, "sizes": sizes, "seconds": seconds, "slopes": slopes}


# One-hot encoding


def encoders(n: int, length: int) -> Functions:
    sequences = random_sequences(n, length, seed=0)
    source = one_hot(sequences)
    lookup = np.zeros((256, 4), dtype=np.float32)
    lookup[np.frombuffer(ALPHABET.encode(), dtype=np.uint8)] = np.eye(4)
    digits = np.zeros(256, dtype=np.uint8)
    digits[np.frombuffer(ALPHABET.encode(), dtype=np.uint8)] = range(4)

    def codes() -> np.ndarray:
        return np.frombuffer("".join(sequences).encode("ascii"), dtype=np.uint8).reshape(n, length)

    def copy() -> np.ndarray:
        # Into a new array, as one_hot and its peers write into theirs: page faults are counted on both sides.
        output = np.empty_like(source)
        np.copyto(output, source)
        return output

    return {
        "genodl_utils one_hot": lambda: one_hot(sequences),
        "np.take(table, letters, axis=0)": lambda: np.take(lookup, codes(), axis=0),
        "table[letters]": lambda: lookup[codes()],
        "tf.one_hot": lambda: tf.one_hot(digits[codes()], 4).numpy(),
        "limit: memory (np.copyto of the output)": copy,
    }


def bench_one_hot() -> tuple[dict, dict]:
    n, length, scale = 10_000, 1_000, 100
    functions = encoders(n, length)
    sequences = random_sequences(n, length, seed=0)[: n // scale]

    def loops() -> np.ndarray:
        output = np.zeros((len(sequences), length, 4), dtype=np.float32)
        for index, sequence in enumerate(sequences):
            for position, letter in enumerate(sequence):
                output[index, position, ALPHABET.index(letter)] = 1
        return output

    agree(functions, np.array_equal)
    limit, peers = list(functions)[-1], list(functions)[1:-1]
    assert np.array_equal(loops(), functions[limit]()[: n // scale])
    result = task(
        f"One-hot: {n:,} strings of {length:,} letters to float32", functions | {"Python loops": loops},
        limit, peers, {"Python loops": scale},
    )  # fmt: skip

    def make(size: int) -> Functions:
        functions = encoders(size, length)
        return {name: functions[name] for name in (list(functions)[0], result["peer"], limit)}

    return result, growth("One-hot", "sequences of 1,000 letters", [100, 1_000, 10_000, 50_000], make)


# Windows out of a genome


def bench_windows() -> tuple[dict, dict]:
    length, genome_length, scale = 1_000, 4_000_000, 2_000
    chromosome = random_sequences(1, genome_length, seed=1)[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "genome.fa"
        body = "\n".join(chromosome[start : start + 60] for start in range(0, genome_length, 60)) + "\n"
        path.write_text(f">chr1\n{body}>chr2\n{body}")
        genome = Genome.from_fasta(path)
        fasta = pyfaidx.Fasta(str(path), as_raw=True)["chr1"]
        by_samtools = pysam.FastaFile(str(path))
        records = SeqIO.index(str(path), "fasta")
        encoded = np.frombuffer(chromosome.encode(), np.uint8)

        def make(n: int) -> Functions:
            starts = np.random.default_rng(2).integers(genome_length - length, size=n)
            block = np.lib.stride_tricks.sliding_window_view(encoded, length)[:n]
            return {
                "genodl_utils Genome.windows": lambda: genome.windows("chr1", starts, length),
                "the same, to strings": lambda: windows_to_strings(genome.windows("chr1", starts, length)),
                "pyfaidx": lambda: [fasta[start : start + length] for start in starts.tolist()],
                "pysam FastaFile": lambda: [
                    by_samtools.fetch("chr1", start, start + length) for start in starts.tolist()
                ],
                # Biopython keeps the record that it parsed last, from which windows of two chromosomes do not profit.
                "SeqIO.index, two chromosomes": lambda: [
                    str(records[f"chr{index % 2 + 1}"].seq[start : start + length])
                    for index, start in enumerate(starts[: max(1, n // scale)].tolist())
                ],
                "limit: memory (np.copyto of the output)": lambda: np.ascontiguousarray(block),
            }

        def equal(mine: Any, expected: Any) -> bool:
            as_strings = windows_to_strings(mine) if isinstance(mine, np.ndarray) else list(mine)
            return as_strings == windows_to_strings(expected)[: len(as_strings)]

        functions = make(10_000)
        limit = list(functions)[-1]
        agree(functions, equal, (limit,))
        peers = ["pyfaidx", "pysam FastaFile"]
        slow = "SeqIO.index, two chromosomes"
        result = task(f"Windows: 10,000 x {length:,} letters of 4 Mb", functions, limit, peers, {slow: scale})
        names = (list(functions)[0], result["peer"], limit)
        curve = growth(
            "Windows", "windows of 1,000 letters", [100, 1_000, 10_000, 50_000],
            lambda size: {name: function for name, function in make(size).items() if name in names},
        )  # fmt: skip
    return result, curve


# The network: mutants, gradients, training steps


def network(length: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((length, 4))
    hidden = keras.layers.Conv1D(FILTERS, WIDTH, activation="relu")(inputs)
    outputs = keras.layers.Dense(1)(keras.layers.GlobalMaxPooling1D()(hidden))
    model = keras.Model(inputs, outputs)
    model.compile(optimizer="adam", loss=keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
    return model


def products(n: int, length: int, times: int, block: int = 256) -> Callable[[], None]:
    """Return the convolution's matrix products for n sequences, and nothing else, `times` times, block by block."""
    generator = np.random.default_rng(0)
    positions = length - WIDTH + 1
    patches = generator.random((min(block, n) * positions, 4 * WIDTH), dtype=np.float32)
    kernel = generator.random((4 * WIDTH, FILTERS), dtype=np.float32)
    output = np.empty((len(patches), FILTERS), np.float32)

    def run() -> None:
        for start in range(0, n, block):
            rows = min(block, n - start) * positions
            for _ in range(times):
                np.matmul(patches[:rows], kernel, out=output[:rows])

    return run


def mutants_of(x: np.ndarray) -> np.ndarray:
    """All single-letter mutants of one-hot sequences, in the order in which `np.argwhere(x == 0)` names them."""
    item, position, letter = np.argwhere(x == 0).T
    mutants, row = x[item], np.arange(len(item))
    mutants[row, position] = 0
    mutants[row, position, letter] = 1
    return mutants


def bench_mutagenesis() -> tuple[dict, dict]:
    def make(length: int, n: int = 4) -> Functions:
        model, x = network(length), one_hot(random_sequences(n, length, seed=0))
        some = slice(0, 10)

        def by_predict() -> np.ndarray:
            effects = np.zeros_like(x)
            reference = model.predict(x, verbose=0)[:, 0]
            values = model.predict(mutants_of(x), batch_size=256, verbose=0)[:, 0]
            effects[x == 0] = values - reference[np.argwhere(x == 0)[:, 0]]
            return effects

        def one_by_one() -> np.ndarray:
            return np.concatenate([model.predict(mutant[None], verbose=0)[:, 0] for mutant in mutants_of(x)[some]])

        return {
            "genodl_utils in_silico_mutagenesis": lambda: interpretation.in_silico_mutagenesis(model, x),
            "model.predict of all mutants": by_predict,
            "model.predict, one mutant at a time": one_by_one,
            "limit: the model's matrix products": products(n * 3 * length, length, 1),
        }

    functions = make(200)
    helper, peer, slow, limit = functions
    agree(functions, lambda a, b: np.allclose(a, b, atol=1e-5), (slow, limit))
    result = task("Mutagenesis: all 2,400 mutants of 4 x 200 letters", functions, limit, [peer], {slow: 240})
    curve = growth(
        "Mutagenesis", "letters of each of 4 sequences", [50, 100, 200, 400],
        lambda size: {name: function for name, function in make(size).items() if name != slow},
    )  # fmt: skip
    return result, curve


def bench_saliency() -> tuple[dict, dict]:
    model = network(200)

    @tf.function(reduce_retracing=True)
    def compiled(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(model(x, training=False))
        return tape.gradient(total, x)

    def make(n: int) -> Functions:
        x = one_hot(random_sequences(n, 200, seed=0))
        return {
            "genodl_utils input_gradient": lambda: interpretation.input_gradient(model, x),
            "tf.GradientTape in a tf.function": lambda: compiled(tf.constant(x)).numpy(),
            "limit: the model's matrix products": products(n, 200, 2),
        }

    functions = make(1_000)
    helper, peer, limit = functions
    agree(functions, lambda a, b: np.allclose(a, b, atol=1e-5), (limit,))
    result = task("Saliency: input gradients of 1,000 x 200 letters", functions, limit, [peer])
    return result, growth("Saliency", "sequences of 200 letters", [10, 100, 1_000, 4_000], make)


def bench_fit() -> tuple[dict, dict]:
    steps = 100
    model = network(200)
    optimizer, loss = keras.optimizers.Adam(), keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function(reduce_retracing=True)
    def step(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True))
        optimizer.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)
        return value

    def make(batch: int) -> Functions:
        x = one_hot(random_sequences(batch * steps, 200, seed=0))
        y = np.random.default_rng(0).integers(0, 2, (len(x), 1)).astype(np.float32)
        few = x[:batch], y[:batch]
        options = {"validation_data": few, "epochs": 1, "batch_size": batch, "quiet": True}

        def by_hand() -> None:
            data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x)).batch(batch, drop_remainder=True)
            for x_batch, y_batch in data.prefetch(2):
                step(x_batch, y_batch)
            model.evaluate(*few, batch_size=batch, verbose=0)

        return {
            "genodl_utils training.fit": lambda: training.fit(model, x, y, **options),
            "model.fit": lambda: model.fit(
                x, y, epochs=1, batch_size=batch, validation_data=few, validation_batch_size=batch, verbose=0
            ),
            "a loop by hand with tf.function": by_hand,
            "limit: the model's matrix products": products(batch * steps, 200, 3),
        }

    functions = make(64)
    limit = list(functions)[-1]
    result = task(f"Training: one epoch of {steps} steps of 64 x 200 letters", functions, limit, list(functions)[1:3])
    return result, growth(f"Training, {steps} steps", "sequences in a batch", [4, 16, 64, 128], make)


# Pileup images


def write_reads(folder: str, depth: int, length: int = 100_000, every: int = 500) -> tuple[str, str]:
    """Write a BAM file of error-free reads of 150 letters; half of them carry a SNP wherever one is planted."""
    reference = random_sequences(1, length, seed=3)[0]
    generator = np.random.default_rng(4)
    other = {"A": "C", "C": "G", "G": "T", "T": "A"}
    mutated = "".join(other[c] if i % every == every // 2 else c for i, c in enumerate(reference))
    path = f"{folder}/reads{depth}.bam"
    starts = np.sort(generator.integers(0, length - 150, depth * length // 150))
    with pysam.AlignmentFile(path, "wb", header={"SQ": [{"SN": "chr1", "LN": length}]}) as file:
        for i, start in enumerate(starts.tolist()):
            read = pysam.AlignedSegment(file.header)
            read.query_name, read.flag, read.reference_id, read.reference_start = f"r{i}", 16 * (i % 2), 0, start
            read.mapping_quality, read.cigarstring = 60, "150M"
            read.query_sequence = (mutated if generator.random() < 0.5 else reference)[start : start + 150]
            read.query_qualities = pysam.qualitystring_to_array("I" * 150)
            file.write(read)
    pysam.index(path)
    return path, reference


def pileup_encoders(path: str, reference: str, n_rows: int, every: int = 500, half: int = 12) -> Functions:
    places = range(every // 2, len(reference) - 150, every)
    table = pileup.encode("".join(map(chr, range(256))))

    def helper() -> dict[int, np.ndarray]:
        pile = pileup.stack(pileup.read_alignments(path, "chr1"), reference)
        found = pileup.find_candidates(pile, 0, len(reference))
        generator = np.random.default_rng(0)
        return {c.at: pileup.image(pile, c, generator, n_rows=n_rows) for c in found if c.at in places}

    def fetch() -> dict[int, np.ndarray]:
        """Fill the letters and qualities of each image read by read, as is commonly written with pysam."""
        images = {}
        with pysam.AlignmentFile(path) as file:
            for at in places:
                image = np.zeros((n_rows, 2 * half + 1, len(pileup.CHANNELS)), np.uint8)
                image[..., 0] = pileup.NOTHING
                reads = [read for read in file.fetch("chr1", at, at + 1)][:n_rows]
                for row, read in enumerate(reads):
                    sequence, qualities = read.query_sequence, read.query_qualities
                    for i, place in read.get_aligned_pairs(matches_only=True):
                        if at - half <= place <= at + half:
                            column = place - at + half
                            differs = 255 * (sequence[i] != reference[place])
                            image[row, column, :5] = (
                                table[ord(sequence[i])], min(qualities[i], 42) * 6, 255 if read.is_reverse else 120,
                                min(read.mapping_quality, 63) * 4, differs,
                            )  # fmt: skip
                images[at] = image
        return images

    def columns() -> dict[int, np.ndarray]:
        """The letters only, by pysam's own pileup in C."""
        images = {}
        with pysam.AlignmentFile(path) as file:
            for at in places:
                letters = [
                    column.get_query_sequences()
                    for column in file.pileup("chr1", at - half, at + half + 1, truncate=True, min_base_quality=0)
                ]
                images[at] = np.array([table[ord("".join(column)[0].upper())] for column in letters])
        return images

    images = np.ones((len(places), n_rows, 2 * half + 1, len(pileup.CHANNELS)), np.uint8)
    return {
        "genodl_utils read, stack, find and image": helper,
        "pysam fetch, read by read": fetch,
        "pysam pileup, letters only": columns,
        "limit: memory (np.copyto of reads and images)": lambda: (
            Path(path).read_bytes(),
            images.copy(),
        ),
    }


def bench_pileup() -> tuple[dict, dict]:
    with tempfile.TemporaryDirectory() as folder:

        def make(depth: int) -> Functions:
            return pileup_encoders(*write_reads(folder, depth), n_rows=2 * depth)

        functions = make(30)
        helper, peer, letters, limit = functions
        mine, theirs = functions[helper](), functions[peer]()
        assert set(mine) == set(theirs)
        for at, image in mine.items():  # the same reads in another order; the last channel is ours alone
            rows = [sorted(map(bytes, picture[..., :5])) for picture in (image, theirs[at])]
            assert rows[0] == rows[1], at
        result = task(
            "Pileup: BAM of 100 kb at depth 30 to images of 200 SNPs", functions, limit, [peer]
        )  # fmt: skip
        curve = growth(
            "Pileup", "depth", [5, 10, 20, 40],
            lambda depth: {name: function for name, function in make(depth).items() if name != letters},
        )  # fmt: skip
    return result, curve


def bench_import() -> None:
    imports = "; ".join(["import genodl_utils", *(f"import genodl_utils.{name}" for name in NUMPY_ONLY)])
    code = f"import time, numpy; start = time.perf_counter(); {imports}; print(time.perf_counter() - start)"
    times = [float(subprocess.check_output([sys.executable, "-c", code], text=True)) for _ in range(REPEATS + 1)][1:]
    print(f"\nImport of genodl_utils and its NumPy-only modules ({', '.join(NUMPY_ONLY)}), after that of NumPy")
    print(f"{'':44}{min(times) * 1e3:9.2f} ms{statistics.median(times) * 1e3:9.2f} ms")
    verdict(min(times) <= 0.5, f"import in {min(times):.3f} s (bar: at most 0.5 s)")


def verdict(met: bool, text: str) -> None:
    print(f"{'    met' if met else 'NOT met'}: {text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help=f"write the numbers to {RECORDING.name}")
    arguments = parser.parse_args()
    benches = (bench_one_hot, bench_windows, bench_mutagenesis, bench_saliency, bench_fit, bench_pileup)
    measured = [bench() for bench in benches]
    bench_import()
    print("\nBars")
    tasks = {result["task"].split(":")[0]: result for result, _ in measured}
    ratio = tasks["One-hot"]["speed_by_limit"]
    verdict(ratio >= 0.5, f"one_hot at {ratio:.2f} of np.copyto (bar: at least 0.5)")
    ratio = tasks["Windows"]["best"]["pyfaidx"] / tasks["Windows"]["best"]["genodl_utils Genome.windows"]
    verdict(ratio >= 20, f"Genome.windows {ratio:.0f} times as fast as pyfaidx (bar: at least 20)")
    for name, result in tasks.items():
        ratio = result["speed_by_peer"]
        verdict(ratio >= 0.95, f"{name}: {ratio:.2f} times as fast as {result['peer']} (bar: at least 0.95)")
    if arguments.record:
        packages = ("keras", "tensorflow-cpu", "tensorflow", "numpy", "pysam", "pyfaidx", "biopython")
        recording = {
            "recorded_at": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
            "threads": len(record.cores()),
            "packages": record.versions(packages),
            "tasks": [result for result, _ in measured],
            "growth": [curve for _, curve in measured],
        }
        chapters.replace(RECORDING, json.dumps(recording, indent=1) + "\n")


if __name__ == "__main__":
    main()
