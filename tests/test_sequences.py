from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from Bio.Data import IUPACData
from Bio.Seq import Seq
from hypothesis import given, settings
from hypothesis import strategies as st

import genodl_utils
from genodl_utils import sequences as module
from genodl_utils.sequences import (
    codon_names,
    codon_tokens,
    decode,
    dinucleotide_shuffle,
    kmer_counts,
    kmer_names,
    one_hot,
    reverse_complement,
    reverse_complement_one_hot,
)

quick = settings(deadline=None, max_examples=50)
dna = st.text("ACGT", max_size=40)


@st.composite
def equally_long(draw, alphabet="ACGT"):
    length = draw(st.integers(0, 13))
    return draw(st.lists(st.text(alphabet, min_size=length, max_size=length), max_size=7))


def reference(sequences, dtype=np.float32):
    """One letter at a time by np.take; unknown letters are zero."""
    lookup = np.zeros((256, 4), dtype=dtype)
    lookup[list(b"ACGT")] = np.eye(4)
    codes = np.frombuffer("".join(sequences).encode(), dtype=np.uint8)
    return np.take(lookup, codes, axis=0).reshape(len(sequences), -1, 4) if sequences else np.zeros((0, 0, 4), dtype)


class TestPackage:
    def test_import_is_light_and_lazy(self):
        code = (
            "import sys, genodl_utils; before = set(sys.modules); assert 'numpy' not in before;"
            "genodl_utils.sequences; import genodl_utils.intervals, genodl_utils.pileup, genodl_utils.simulate;"
            "heavy = {'keras', 'tensorflow', 'pandas', 'scipy', 'sklearn', 'matplotlib', 'Bio'};"
            "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_names(self):
        assert set(genodl_utils.__all__) <= set(dir(genodl_utils))
        assert isinstance(genodl_utils.__version__, str)
        with pytest.raises(AttributeError, match="sequence_"):
            genodl_utils.sequence_  # noqa: B018

    def test_version_without_installation(self, monkeypatch):
        from importlib import metadata

        def missing(name):
            raise metadata.PackageNotFoundError(name)

        monkeypatch.setattr(metadata, "version", missing)
        assert genodl_utils.__version__ == "0+unknown"


class TestOneHot:
    def test_known(self):
        expected = [[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]]
        for dtype in (np.float32, np.uint8, "uint8"):
            result = one_hot(["ACGT"], dtype=dtype)
            assert result.dtype == dtype and result.tolist() == expected
        assert one_hot(["ACGT"]).dtype == np.float32

    @quick
    @given(equally_long())
    def test_reference_and_round_trip(self, sequences):
        result = one_hot(sequences)
        assert result.shape == (len(sequences), len(sequences[0]) if sequences else 0, 4)
        if result.size:
            assert np.array_equal(result, reference(sequences))
        assert decode(result) == sequences

    @pytest.mark.parametrize(("n", "length"), [(7, 30_001), (1, 200_001), (3, 65_537), (131_075, 1), (257, 509)])
    def test_several_blocks(self, n, length):
        codes = np.random.default_rng(n).choice(np.frombuffer(b"ACGTN", dtype=np.uint8), size=(n, length))
        sequences = [row.tobytes().decode() for row in codes]
        assert np.array_equal(one_hot(sequences, dtype="uint8", unknown="zero"), reference(sequences, np.uint8))

    @quick
    @given(equally_long("ACGTNRYacgtn"))
    def test_unknown_zero_and_lower_case(self, sequences):
        result = one_hot(sequences, unknown="zero", lower_case=True)
        upper = [sequence.upper() for sequence in sequences]
        if result.size:
            assert np.array_equal(result, reference(upper))

    def test_array_of_strings(self):
        expected = one_hot(["AC", "GT"])
        for dtype in ("U2", object):
            assert np.array_equal(one_hot(np.array(["AC", "GT"], dtype=dtype)), expected)

    def test_result_is_new_and_writable(self):
        first = one_hot(["ACG"])
        first[:] = 7
        assert decode(one_hot(["ACG"])) == ["ACG"]

    def test_empty(self):
        assert one_hot([]).shape == (0, 0, 4)
        assert one_hot([], length=5).shape == (0, 5, 4)
        assert one_hot(["", ""]).shape == (2, 0, 4)

    @pytest.mark.parametrize("letter", ["N", "a", "-", "5", " ", "é", "\N{DNA DOUBLE HELIX}", "@", "[", "U"])
    def test_wrong_letter_is_named(self, letter):
        with pytest.raises(ValueError) as error:
            one_hot(["ACGT", "ACGT", f"AC{letter}N"])
        assert f"sequences[2] with {letter!r} at position 2" in str(error.value)

    def test_wrong_letter_in_a_late_block(self):
        sequences = ["A" * 1000] * 997 + ["A" * 999 + "n"]
        with pytest.raises(ValueError, match=r"sequences\[997\] with 'n' at position 999 .*lower_case=True"):
            one_hot(sequences)

    @pytest.mark.parametrize("letter", ["-", "5", " ", "é", "n", "@", "[", "`", "{", "\0"])
    def test_unknown_zero_still_refuses(self, letter):
        with pytest.raises(ValueError, match=r"sequences\[1\] with .* at position 3"):
            one_hot(["NNNN", "ACG" + letter], unknown="zero")

    def test_lower_case_still_refuses_n(self):
        with pytest.raises(ValueError, match=r"'n' at position 1"):
            one_hot(["an"], lower_case=True)

    def test_ragged(self):
        with pytest.raises(ValueError, match=r"3 letters .*sequences\[2\] with 4 letters; pad .* group"):
            one_hot(["ACG", "ACG", "ACGT", "A"])
        with pytest.raises(ValueError, match=r"2 letters \(length\).*sequences\[0\] with 3"):
            one_hot(["ACG"], length=2)
        with pytest.raises(ValueError, match="length=-1"):
            one_hot([], length=-1)

    @pytest.mark.parametrize("bad", ["ACGT", b"ACGT", [b"ACGT"], [None], ["A", 1.5], np.array([b"A"]), [["A"]]])
    def test_wrong_type(self, bad):
        with pytest.raises(TypeError, match="Expected .*Received: sequences"):
            one_hot(bad)

    def test_wrong_option(self):
        with pytest.raises(ValueError, match="float64"):
            one_hot(["A"], dtype=np.float64)
        with pytest.raises(ValueError, match="unknown='N'"):
            one_hot(["A"], unknown="N")


class TestDecode:
    def test_unknown(self):
        assert decode(np.array([[[0, 0, 0, 0], [0, 0, 0, 1]]], dtype=bool)) == ["NT"]

    @pytest.mark.parametrize("row", [[1, 1, 0, 0], [0.5, 0.5, 0, 0], [np.nan, 1, 0, 0], [2, 0, 0, 0], [-1, 1, 0, 0]])
    def test_not_one_hot(self, row):
        with pytest.raises(ValueError, match=r"x\[0, 1\]="):
            decode(np.array([[[1, 0, 0, 0], row]]))

    @pytest.mark.parametrize("shape", [(7, 4), (4, 7), (2, 4, 7), (2, 7, 5), (4,), (1, 2, 7, 4)])
    def test_shape(self, shape):
        for function in (decode, reverse_complement_one_hot):
            with pytest.raises(ValueError, match=r"Expected an array of shape \(n, length, 4\)"):
                function(np.zeros(shape))


class TestReverseComplement:
    def test_known(self):
        assert reverse_complement("GATTACA") == "TGTAATC"
        assert reverse_complement("GGTCAA") == "TTGACC"
        assert reverse_complement("") == ""
        assert reverse_complement("AcN") == "NgT"

    def test_every_iupac_letter_like_biopython(self):
        letters = "".join(IUPACData.ambiguous_dna_letters)
        for text in (letters.replace("X", ""), letters.replace("X", "").lower()):
            assert reverse_complement(text) == str(Seq(text).reverse_complement())

    @quick
    @given(st.text("ACGTRYKMBVDHSWNacgtn", max_size=50))
    def test_twice_is_the_same(self, sequence):
        assert reverse_complement(reverse_complement(sequence)) == sequence

    @pytest.mark.parametrize("letter", ["-", "X", "U", "é", " ", "?"])
    def test_wrong_letter(self, letter):
        with pytest.raises(ValueError) as error:
            reverse_complement(f"AC{letter}C")
        assert f"{letter!r} at position 2" in str(error.value)

    def test_wrong_type(self):
        for bad in (b"ACG", ["ACG"], None):
            with pytest.raises(TypeError, match="Expected a string"):
                reverse_complement(bad)

    @quick
    @given(equally_long("ACGTN"))
    def test_one_hot_agrees_with_strings(self, sequences):
        x = one_hot(sequences, unknown="zero", length=len(sequences[0]) if sequences else 0)
        assert decode(reverse_complement_one_hot(x)) == [reverse_complement(sequence) for sequence in sequences]

    def test_one_hot_copies(self):
        x = one_hot(["GATTACA", "CCCCCCG"])
        x.flags.writeable = False
        before = x.copy()
        for view in (x, x[::-1], np.asfortranarray(x)):
            result = reverse_complement_one_hot(view)
            assert result.dtype == x.dtype and not np.shares_memory(result, view)
            result[:] = 5
        assert np.array_equal(x, before)


def brute_counts(sequence, k, step):
    words = [sequence[start : start + k] for start in range(0, len(sequence) - k + 1, step)]
    counts = Counter(words)
    return [counts[name] for name in kmer_names(k)]


class TestKmers:
    def test_names(self):
        assert kmer_names(1) == list("ACGT")
        assert len(kmer_names(3)) == 64 and kmer_names(3) == sorted(set(kmer_names(3)))

    def test_known(self):
        counts = kmer_counts(["GATTACA", "A", ""], 2)
        assert counts.shape == (3, 16) and counts.dtype == np.int32
        assert dict(zip(kmer_names(2), counts[0].tolist(), strict=True)) == {
            **dict.fromkeys(kmer_names(2), 0), "GA": 1, "AT": 1, "TT": 1, "TA": 1, "AC": 1, "CA": 1,
        }  # fmt: skip
        assert not counts[1:].any()
        assert kmer_counts([], 2).shape == (0, 16)

    @quick
    @given(st.lists(st.text("ACGTN", max_size=30), max_size=5), st.integers(1, 4), st.integers(1, 4))
    def test_brute_force(self, sequences, k, step):
        forward = [brute_counts(sequence, k, step) for sequence in sequences]
        backward = [brute_counts(reverse_complement(sequence), k, step) for sequence in sequences]
        shape = (len(sequences), 4**k)
        assert np.array_equal(kmer_counts(sequences, k, step=step), np.reshape(forward, shape))
        both = kmer_counts(sequences, k, step=step, both_strands=True)
        assert np.array_equal(both, np.reshape(forward, shape) + np.reshape(backward, shape))

    def test_unknown_letter_in_the_longest_words(self):
        assert kmer_counts(["A" * 11 + "N" + "T" * 12], 12).sum() == 1

    @pytest.mark.parametrize(("k", "step"), [(0, 1), (-1, 1), (13, 1), (2, 0)])
    def test_wrong_number(self, k, step):
        with pytest.raises(ValueError, match="Received: (k|step)="):
            kmer_counts(["ACGT"], k, step=step)
        if step:
            with pytest.raises(ValueError, match=f"k={k}"):
                kmer_names(k)

    def test_wrong_input(self):
        with pytest.raises(ValueError, match=r"sequences\[1\] with 'a' at position 1"):
            kmer_counts(["AC", "CaC"], 2)
        with pytest.raises(ValueError, match=r"sequences\[2\] with '-' at position 0"):
            kmer_counts(["", "A", "-"], 1)
        with pytest.raises(TypeError, match="wrap it"):
            kmer_counts("ACGT", 2)


class TestCodons:
    def test_all_codons_as_biopython_translates_them(self):
        bases = "TCAG"  # the order of the standard table
        protein = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
        names = codon_names()
        assert len(names) == 64 and names == sorted(names)
        for number, codon in enumerate(names):
            assert codon_tokens([codon]).tolist() == [[number]]
            standard = protein[16 * bases.index(codon[0]) + 4 * bases.index(codon[1]) + bases.index(codon[2])]
            assert str(Seq(codon).translate()) == standard
        sequence = "".join(names)
        tokens = codon_tokens([sequence])
        table = [str(Seq(name).translate()) for name in names]
        assert "".join(table[token] for token in tokens[0]) == str(Seq(sequence).translate())

    @quick
    @given(st.lists(st.lists(st.integers(0, 63), min_size=4, max_size=4), max_size=5))
    def test_round_trip(self, tokens):
        names = codon_names()
        result = codon_tokens(["".join(names[token] for token in row) for row in tokens])
        assert result.dtype == np.uint8 and result.tolist() == tokens

    def test_wrong_input(self):
        with pytest.raises(ValueError, match="multiple of 3"):
            codon_tokens(["ACGT"])
        with pytest.raises(ValueError, match=r"sequences\[1\] with 'N' at position 2"):
            codon_tokens(["ACG", "ACN"])
        with pytest.raises(ValueError, match="group them"):
            codon_tokens(["ACG", "ACGACG"])
        with pytest.raises(TypeError):
            codon_tokens("ACG")


def pairs(sequence):
    return Counter(zip(sequence, sequence[1:], strict=False))


class TestDinucleotideShuffle:
    @quick
    @given(st.one_of(dna, st.text("ABCDEFGXYZ", max_size=60)), st.integers(0, 2**32))
    def test_counts_and_ends_are_kept(self, sequence, seed):
        shuffled = dinucleotide_shuffle(sequence, seed)
        assert pairs(shuffled) == pairs(sequence) and len(shuffled) == len(sequence)
        assert shuffled[:1] == sequence[:1] and shuffled[-1:] == sequence[-1:]
        assert dinucleotide_shuffle(sequence, np.random.default_rng(seed)) == shuffled

    # The end letter is a start letter or not; a letter that is left once or several times; a letter met only once.
    @pytest.mark.parametrize("sequence", ["ACAGATCA", "AACCGACG", "TTACATGATC"])
    def test_uniform_over_all_paths(self, sequence):
        inner = {"".join(letters) for letters in permutations(sequence[1:-1])}
        possible = {sequence[0] + text + sequence[-1] for text in inner}
        possible = {text for text in possible if pairs(text) == pairs(sequence)}
        assert len(possible) > 3
        generator = np.random.default_rng(3)
        n = 400 * len(possible)
        seen = Counter(dinucleotide_shuffle(sequence, generator) for _ in range(n))
        assert set(seen) == possible
        chi_square = sum((count - 400) ** 2 / 400 for count in seen.values())
        freedom = len(possible) - 1
        assert chi_square < freedom + 4 * np.sqrt(2 * freedom)

    def test_shuffles_and_depends_on_the_seed(self):
        sequence = "".join(np.random.default_rng(0).choice(list("ACGT"), 1000))
        first, second = dinucleotide_shuffle(sequence, 0), dinucleotide_shuffle(sequence, 1)
        assert len({sequence, first, second}) == 3
        assert sum(a == b for a, b in zip(sequence, first, strict=True)) < 400

    def test_wrong_input(self):
        for bad in ("ACg", "AC-", "ÀC", "A C"):
            with pytest.raises(ValueError, match="at position"):
                dinucleotide_shuffle(bad, 0)
        with pytest.raises(TypeError, match="string"):
            dinucleotide_shuffle(["A"], 0)
        for seed in (None, True, 1.0, "1"):
            with pytest.raises(TypeError, match="seed="):
                dinucleotide_shuffle("ACG", seed)


def test_block_is_even():
    """Two-letter look-ups must not straddle blocks, whatever their size."""
    assert module._BLOCK % 2 == 0
