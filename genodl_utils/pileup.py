"""Reads laid over a reference: alignments as arrays, pileups, candidate variants, and images of them.

Positions are 0-based and count from the first letter of the `reference` that is passed; stretches are half-open.
Letters are codes: 0 to 3 for ACGT, 4 for a deleted letter (`GAP`), 5 for none (`NOTHING`: unknown, or beyond the read).
Chapter 19 uses all of it.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genodl_utils.sequences import ALPHABET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP, NOTHING = 4, 5
CHANNELS = ("letter", "quality", "strand", "mapping quality", "mismatch", "support")
_COLORS = np.array(  # A, C, G, T, gap, nothing
    [[0, 158, 115], [0, 114, 178], [230, 159, 0], [204, 121, 167], [140, 140, 140], [255, 255, 255]]
)
_CODES = np.full(256, NOTHING, np.uint8)
_CODES[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(4)
_FAR = 2**30


class Reads(NamedTuple):
    """Aligned reads as arrays of n rows and as many columns as the longest read has letters.

    `letters`, (n, length) uint8 codes; `quality`, (n, length) uint8, Phred scale; `places`, (n, length) int32, position
    of each letter on the reference, -1 if it has none (inserted, clipped, beyond the end of the read); `reverse`, (n,)
    bool; `mapping`, (n,) uint8, mapping quality; `fragment`, (n,) int64, the same number for mates.
    """

    letters: NDArray[np.uint8]
    quality: NDArray[np.uint8]
    places: NDArray[np.int32]
    reverse: NDArray[np.bool_]
    mapping: NDArray[np.uint8]
    fragment: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Reads:
        """Take some of the reads, by number or by mask."""
        return Reads(
            self.letters[rows],
            self.quality[rows],
            self.places[rows],
            self.reverse[rows],
            self.mapping[rows],
            self.fragment[rows],
        )


class Candidate(NamedTuple):
    """An allele that reads show: `at`, `ref`, `alt`, normalized; and the reads over its place.

    `rows`, (m,) int64, rows of the pileup; `supports`, (m,) bool, which of them carry the allele; `informative`, (m,)
    bool, which of them could show it (for an indel: reach beyond the stretch in which it could be shifted).
    """

    at: int
    ref: str
    alt: str
    rows: NDArray[np.int64]
    supports: NDArray[np.bool_]
    informative: NDArray[np.bool_]

    @property
    def is_snp(self) -> bool:
        """Whether both alleles have the same length."""
        return len(self.ref) == len(self.alt)

    @property
    def used(self) -> NDArray[np.bool_]:
        """Of the reads, which say anything about the allele, shape (m,)."""
        return self.informative | self.supports

    @property
    def share(self) -> float:
        """Of the reads that say anything, the share that carries the allele."""
        return float(self.supports.sum() / self.used.sum())


class Pileup(NamedTuple):
    """Reads laid into a matrix, sorted by their first place; made by `stack`.

    `reads`, the reads in this order; `reference`, str; `first` and `last`, (n,) int64, places of the first and last
    letter of each; `letters` and `quality`, (n, width) uint8, column j is position `first + j`; `indels`, from
    (at, ref, alt), normalized, to the list of rows that carry it.
    """

    reads: Reads
    reference: str
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    letters: NDArray[np.uint8]
    quality: NDArray[np.uint8]
    indels: dict[tuple[int, str, str], list[int]]

    def covering(self, left: int, right: int) -> NDArray[np.int64]:
        """Rows of the reads that have their first place at or before `left` and their last at or after `right`."""
        start, stop = np.searchsorted(self.first, [left - self.letters.shape[1], left], side="right")
        rows = np.arange(start, stop)
        return rows[self.last[rows] >= right]


def encode(letters: str) -> NDArray[np.uint8]:
    """Codes of letters, shape (len(letters),) uint8: 0 to 3 for ACGT (capitals), 5 for any other.

    Examples
    --------
    >>> encode("ACGTN")
    array([0, 1, 2, 3, 5], dtype=uint8)
    """
    return _CODES[np.frombuffer(letters.encode("ascii", "replace"), np.uint8)]


def read_alignments(path: str | PathLike[str], chromosome: str, origin: int = 0) -> Reads:
    """Read the mapped, primary, not duplicated reads of one chromosome from a BAM file (an index is not needed).

    Parameters
    ----------
    path : str or path
        A BAM or SAM file.
    chromosome : str
        As the header names it.
    origin : int
        Position of the chromosome (0-based) from which places are counted.

    Returns
    -------
    Reads

    Raises
    ------
    ValueError
        If the chromosome is not in the header; if no read is left; if a read has no letters, no qualities, or skips a
        stretch (spliced RNA); or if a read starts before `origin`.
    """
    import pysam

    kept: list[Any] = []
    places = []
    with pysam.AlignmentFile(str(path), check_sq=False) as file:
        if chromosome not in file.references:
            raise ValueError(f"Expected one of {list(file.references)[:5]}. Received: chromosome={chromosome!r}")
        for read in file.fetch(until_eof=True):
            if not read.flag & (4 | 256 | 512 | 1024 | 2048) and read.reference_name == chromosome:
                kept.append(read)
                places.append(_places(read, origin))
    if not kept:
        raise ValueError(f"Expected mapped reads on {chromosome}. Received: path={str(path)!r}, with none")
    shape = len(kept), max(map(len, places))
    reads = Reads(
        np.full(shape, NOTHING, np.uint8),
        np.zeros(shape, np.uint8),
        np.full(shape, -1, np.int32),
        np.array([read.is_reverse for read in kept]),
        np.array([read.mapping_quality for read in kept], np.uint8),
        np.unique([read.query_name for read in kept], return_inverse=True)[1].astype(np.int64),
    )
    # Row by row, the letters of all reads, joined, fill the places that their lengths leave.
    filled = np.arange(shape[1]) < np.array([len(place) for place in places])[:, None]
    reads.letters[filled] = encode("".join(read.query_sequence for read in kept))
    reads.quality[filled] = np.frombuffer(b"".join(bytes(read.query_qualities) for read in kept), np.uint8)
    reads.places[filled] = np.concatenate(places)
    return reads


def _places(read: Any, origin: int) -> NDArray[np.int32]:
    """Place of each letter of a pysam read, by its CIGAR string (0 and 7, 8: M, =, X; 1: I; 2: D; 4: S)."""
    if read.query_sequence is None or read.query_qualities is None:
        raise ValueError(f"Expected letters and qualities. Received: read={read.query_name!r}, without")
    if read.reference_start < origin:
        raise ValueError(f"Expected reads from origin={origin} on. Received: start={read.reference_start}")
    at, i = read.reference_start - origin, 0
    operations = read.cigartuples
    if len(operations) == 1 and operations[0][0] in (0, 7, 8):  # as most reads
        return np.arange(at, at + operations[0][1], dtype=np.int32)
    result = np.full(read.query_length, -1, np.int32)
    for operation, n in operations:
        if operation == 3:
            raise ValueError(f"Expected reads of DNA. Received: cigar={read.cigarstring!r}, which skips a stretch")
        if operation in (0, 7, 8):
            result[i : i + n] = np.arange(at, at + n)
        at += n * (operation in (0, 2, 7, 8))
        i += n * (operation in (0, 1, 4, 7, 8))
    return result


@functools.lru_cache(maxsize=200_000)
def normalize(at: int, ref: str, alt: str, reference: str) -> tuple[int, str, str]:
    """Write a variant in the leftmost, shortest way.

    Parameters
    ----------
    at : int
        Position of the first letter of `ref`.
    ref, alt : str
        Both alleles, one letter or more each.
    reference : str
        The letters in which `at` counts.

    Returns
    -------
    (int, str, str)
        Position and alleles; an indel has the letter before it in both, unless it is the first of the reference.

    Raises
    ------
    ValueError
        If an allele is empty, both are equal, or `ref` does not stand at `at`.

    Examples
    --------
    >>> normalize(4, "A", "AA", "CCAAAG")
    (1, 'C', 'CA')
    """
    if not ref or not alt or ref == alt:
        raise ValueError(f"Expected two alleles that differ. Received: ref={ref!r}, alt={alt!r}")
    if at < 0 or reference[at : at + len(ref)] != ref:
        raise ValueError(f"Expected the letters of the reference. Received: at={at}, ref={ref!r}")
    while ref[-1] == alt[-1] and (at > 0 or min(len(ref), len(alt)) > 1):
        if min(len(ref), len(alt)) == 1:
            at, ref, alt = at - 1, reference[at - 1] + ref, reference[at - 1] + alt
        ref, alt = ref[:-1], alt[:-1]
    while ref[0] == alt[0] and min(len(ref), len(alt)) > 1:
        at, ref, alt = at + 1, ref[1:], alt[1:]
    return at, ref, alt


@functools.lru_cache(maxsize=200_000)
def room(at: int, ref: str, alt: str, reference: str) -> int:
    """Count the letters by which a normalized indel could be shifted to the right.

    Examples
    --------
    >>> room(1, "C", "CA", "CCAAAG")
    3
    """
    word, start, n = max(ref, alt, key=len)[1:], at + len(ref), 0
    while word and start + n < len(reference) and reference[start + n] == word[n % len(word)]:
        n += 1
    return n


def repeat_copies(at: int, ref: str, alt: str, reference: str) -> tuple[float, int]:
    """Count the copies, in the reference, of the word that an indel loses or gains; and the letters of the word.

    The word is the smallest unit: CACA is two copies of CA.

    Examples
    --------
    >>> repeat_copies(0, "G", "GCACA", "GCACACAT")
    (3.0, 2)
    """
    word = max(ref, alt, key=len)[1:]
    unit = next((k for k in range(1, len(word)) if word[k:] == word[:-k]), max(len(word), 1))
    return (room(at, ref, alt, reference) + max(len(ref) - len(alt), 0)) / unit, unit


def tandem_repeats(letters: NDArray[np.uint8]) -> list[tuple[int, int, int]]:
    """Find runs of one letter (5 or more) and words of 2 to 4 letters that are repeated (4, 4 and 3 times or more).

    Returns (start, end, length of the word) of each, for codes of shape (n,); runs and words may overlap.

    Examples
    --------
    >>> tandem_repeats(encode("GCACACACATTTTTG"))
    [(9, 14, 1), (1, 9, 2)]
    """
    found = []
    for unit, copies in ((1, 5), (2, 4), (3, 4), (4, 3)):
        same = np.concatenate([[0], letters[unit:] == letters[:-unit], [0]]).astype(np.int8)
        starts, ends = np.flatnonzero(np.diff(same) == 1), np.flatnonzero(np.diff(same) == -1) + unit
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if end - start >= unit * copies and (unit == 1 or len(set(letters[start : start + unit].tolist())) > 1):
                found.append((start, end, unit))
    return found


def stack(reads: Reads, reference: str) -> Pileup:
    """Lay reads into a matrix and collect their indels under normalized names.

    Parameters
    ----------
    reads : Reads
        Places count from the first letter of `reference`.
    reference : str
        Capital letters.

    Returns
    -------
    Pileup
        Neither a clipped end, nor one with an unknown letter, nor one behind which the places run backward is an indel.

    Raises
    ------
    ValueError
        If a read has no place, or one beyond the reference.
    """
    placed = reads.places >= 0
    if not placed.any(axis=1).all() or reads.places.max(initial=-1) >= len(reference):
        raise ValueError(
            f"Expected reads within {len(reference)} letters. Received: places={reads.places.max()} or none"
        )
    order = np.argsort(np.where(placed, reads.places, _FAR).min(axis=1), kind="stable")
    reads, placed = reads.take(order), placed[order]
    first = np.where(placed, reads.places, _FAR).min(axis=1).astype(np.int64)
    last = reads.places.max(axis=1).astype(np.int64)
    width = int((last - first).max()) + 1 if len(first) else 1
    letters = np.where(np.arange(width) <= (last - first)[:, None], GAP, NOTHING).astype(np.uint8)
    quality = np.zeros_like(letters)
    rows, j = np.nonzero(placed)
    columns = reads.places[rows, j] - first[rows]
    letters[rows, columns], quality[rows, columns] = reads.letters[rows, j], reads.quality[rows, j]
    pileup = Pileup(reads, reference, first, last, letters, quality, defaultdict(list))
    for row, i in zip(*np.nonzero(placed[:, :-1] & (np.diff(reads.places, axis=1) != 1)), strict=True):
        _collect_indel(pileup, int(row), int(i))
    return pileup


def _collect_indel(pileup: Pileup, row: int, j: int) -> None:
    """File the indel behind letter j of a read; its missing letters take the quality of letter j."""
    place, letters = pileup.reads.places[row], pileup.reads.letters[row]
    after = next((k for k in range(j + 1, len(place)) if place[k] >= 0), None)
    if after is None or place[after] <= place[j] or (letters[j + 1 : after] >= 4).any():
        return  # also where the places run backward, as two simulated indels that overlap can make them
    start, stop, first = int(place[j]), int(place[after]), int(pileup.first[row])
    pileup.quality[row, start + 1 - first : stop - first] = pileup.reads.quality[row, j]
    ref = pileup.reference[start:stop]
    alt = ref[0] + "".join(ALPHABET[code] for code in letters[j + 1 : after])
    if len(alt) != len(ref):
        pileup.indels[normalize(start, ref, alt, pileup.reference)].append(row)


def find_candidates(
    pileup: Pileup, start: int, end: int, *, min_count: int = 2, min_share: float = 0.08, flank: int = 5
) -> list[Candidate]:
    """All alleles that enough reads share, at positions from `start` to `end`.

    Parameters
    ----------
    pileup : Pileup
        From `stack`.
    start, end : int
        Half-open stretch of the reference.
    min_count : int
        Least number of reads with the allele; letters of a quality below 10 do not count.
    min_share : float
        Least share of the informative reads.
    flank : int
        Letters by which a read has to reach beyond the stretch in which an indel could be shifted.

    Returns
    -------
    list of Candidate
        SNPs and indels, sorted by position and alleles; several alleles of a position are several candidates.

    Raises
    ------
    ValueError
        If the stretch is empty or leaves the reference.
    """
    if not 0 <= start < end <= len(pileup.reference):
        raise ValueError(f"Expected a stretch within 0 to {len(pileup.reference)}. Received: start={start}, end={end}")
    found = []
    for at, code in _frequent_letters(pileup, start, end, min_count, min_share):
        rows = pileup.covering(at, at)
        seen = pileup.letters[rows, at - pileup.first[rows]]
        found.append(Candidate(at, pileup.reference[at], ALPHABET[code], rows, seen == code, seen < 4))
    for (at, ref, alt), who in pileup.indels.items():
        if start <= at < end and len(who) >= min_count:
            rows = pileup.covering(at, at + 1)
            right = at + len(ref) + room(at, ref, alt, pileup.reference) + flank
            supports = np.isin(rows, who)
            informative = supports | ((pileup.first[rows] <= at - flank) & (pileup.last[rows] >= right))
            if supports.sum() >= max(min_count, min_share * informative.sum()):
                found.append(Candidate(at, ref, alt, rows, supports, informative))
    return sorted(found, key=lambda candidate: candidate[:3])


def _frequent_letters(pileup: Pileup, start: int, end: int, count: int, share: float) -> list[tuple[int, int]]:
    """Position and code of each letter, other than the reference's, that enough reads show."""
    rows, columns = np.nonzero((pileup.letters < 4) & (pileup.quality >= 10))
    at, codes = pileup.first[rows] + columns, pileup.letters[rows, columns]
    inside = (at >= start) & (at < end)
    counts = np.bincount((at[inside] - start) * 4 + codes[inside], minlength=4 * (end - start)).reshape(-1, 4)
    expected = encode(pileup.reference[start:end])[:, None]
    other = np.where((np.arange(4) == expected) | (expected >= 4), 0, counts)
    enough = (other >= count) & (other >= share * counts.sum(axis=1, keepdims=True))
    return [(int(place) + start, int(code)) for place, code in zip(*np.nonzero(enough), strict=True)]


def strand_bias(pileup: Pileup, candidate: Candidate) -> float:
    """Difference between the strands in the share of reads with the allele, in standard errors (0 if one has none)."""
    reverse, supports = pileup.reads.reverse[candidate.rows], candidate.supports
    strands = [(candidate.used & ~reverse), (candidate.used & reverse)]
    n = np.array([use.sum() for use in strands])
    if not n.all():
        return 0.0
    k = np.array([(use & supports).sum() for use in strands])
    share = k.sum() / n.sum()
    spread = np.sqrt(max(share * (1 - share), 1e-9) * np.sum(1 / n))
    return float(abs(k[0] / n[0] - k[1] / n[1]) / spread)


def image(
    pileup: Pileup, candidate: Candidate, rng: np.random.Generator, *, n_rows: int = 32, half: int = 12
) -> NDArray[np.uint8]:
    """Pileup image of a candidate: a row for each read, a column for each position around it.

    Parameters
    ----------
    pileup, candidate : Pileup, Candidate
        From `stack` and `find_candidates`.
    rng : numpy.random.Generator
        Chooses and orders the reads.
    n_rows, half : int
        Most reads, and positions on each side.

    Returns
    -------
    array, shape (n_rows, 2 * half + 1, 6), uint8
        Channels as in `CHANNELS`: code of the letter; quality x 6; 120 forward or 255 reverse; mapping quality x 4; 255
        where the letter differs from the reference; 255 in reads that support the allele, 170 in those that could and
        do not, 85 in the others. Rows without a read: `NOTHING`, then zeros.

    Raises
    ------
    ValueError
        If `n_rows` is below 1 or `half` below 0.
    """
    if n_rows < 1 or half < 0:
        raise ValueError(f"Expected n_rows of 1 or more, half of 0 or more. Received: n_rows={n_rows}, half={half}")
    result = np.zeros((n_rows, 2 * half + 1, len(CHANNELS)), np.uint8)
    result[..., 0] = NOTHING
    chosen = rng.permutation(len(candidate.rows))[:n_rows]
    rows, n = candidate.rows[chosen], len(chosen)
    letters, quality = window(pileup, rows, candidate.at - half, candidate.at + half + 1)
    seen = letters != NOTHING
    start = max(candidate.at - half, 0)
    expected = np.full(2 * half + 1, NOTHING, np.uint8)
    here = encode(pileup.reference[start : candidate.at + half + 1])
    expected[start - candidate.at + half :][: len(here)] = here
    result[:n, :, 0] = letters
    result[:n, :, 1] = np.minimum(quality, 42) * 6
    result[:n, :, 2] = seen * np.where(pileup.reads.reverse[rows], 255, 120)[:, None]
    result[:n, :, 3] = seen * np.minimum(pileup.reads.mapping[rows], 63)[:, None] * 4
    result[:n, :, 4] = (seen & (letters != expected)) * 255
    marks = np.where(candidate.supports[chosen], 255, np.where(candidate.informative[chosen], 170, 85))
    result[:n, :, 5] = marks[:, None]
    return result


def window(
    pileup: Pileup, rows: NDArray[np.int64], start: int, end: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Letters and qualities of some rows from `start` to `end`: two arrays, shape (len(rows), end - start), uint8."""
    j = np.arange(start, end) - pileup.first[rows][:, None]
    inside = (j >= 0) & (j < pileup.letters.shape[1])
    j = np.where(inside, j, 0)
    letters = np.where(inside, pileup.letters[rows[:, None], j], NOTHING).astype(np.uint8)
    return letters, np.where(letters != NOTHING, pileup.quality[rows[:, None], j], 0).astype(np.uint8)


def draw(axes: Axes, pileup: Pileup, candidate: Candidate, title: str, *, n_rows: int = 24, half: int = 15) -> None:
    """Draw the reads over a candidate as an alignment viewer does, those with the allele on top.

    Letters that differ from the reference are colored, doubtful ones pale, gaps dark gray; an arrow at the end of each
    row gives the strand, a black tick an insertion. At most `n_rows` reads and `half` positions on each side.
    """
    order = np.argsort(~candidate.supports, kind="stable")
    rows = candidate.rows[order[np.linspace(0, len(order) - 1, min(n_rows, len(order))).astype(int)]]
    start, end = max(candidate.at - half, 0), min(candidate.at + half + 1, len(pileup.reference))
    letters, quality = window(pileup, rows, start, end)
    same = letters == encode(pileup.reference[start:end])
    strength = np.where(letters == NOTHING, 0, 0.25 + 0.75 * np.minimum(quality / 30, 1))[..., None]
    colors = np.where(same[..., None], 225, _COLORS[letters])
    axes.imshow((255 - strength * (255 - colors)).astype(np.uint8), aspect="auto", interpolation="nearest")
    for y, row in enumerate(rows.tolist()):
        axes.text(end - start, y, "<" if pileup.reads.reverse[row] else ">", fontsize=5, va="center")
    for (at, ref, alt), who in pileup.indels.items():
        if start <= at < end and len(alt) > len(ref):
            for y in np.flatnonzero(np.isin(rows, who)).tolist():
                axes.plot([at - start + 0.5] * 2, [y - 0.45, y + 0.45], color="black", linewidth=1.2)
    for x, letter in enumerate(pileup.reference[start:end]):
        axes.text(x, -1.2, letter, fontsize=4.5, ha="center", va="center")
    axes.set(xlim=(-1, end - start + 1), ylim=(len(rows), -2), xticks=[], yticks=[])
    axes.set_title(title, fontsize=7)
    axes.grid(False)
