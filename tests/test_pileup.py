from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pysam
import pytest

from genodl_utils import pileup as piles

#            0123456789012345678901234567890123456789
REFERENCE = "GATTACAGGTCAAAAAATCGCACACACATGGCTAGCTTGA"
READS = [  # start, CIGAR, letters, flag
    (0, "20M", REFERENCE[:20], 0),
    (2, "9M1D10M", REFERENCE[2:11] + REFERENCE[12:22], 16),  # an A of the run is lost
    (2, "14M1D5M", REFERENCE[2:16] + REFERENCE[17:22], 0),  # the same, written at the other end of the run
    (4, "4M1X7M", "ACAGATCAAAAA", 16),  # ends within the run; G>A at 8
    (4, "4M1X7M", "ACAGATCAAAAA", 0),
    (14, "14M2I8M4S", REFERENCE[14:28] + "CA" + REFERENCE[28:36] + "TTTT", 0),  # a CA more
    (15, "5M2I15M", REFERENCE[15:20] + "CA" + REFERENCE[20:35], 16),  # the same
    (15, "2M6D10M", REFERENCE[15:17] + REFERENCE[23:33], 0),  # deletion over the others
]


def write_bam(path, reads, n_references=1, quality=30):
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": f"chr{i + 1}", "LN": 1000} for i in range(n_references)]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for i, (start, cigar, letters, flag) in enumerate(reads):
            read = pysam.AlignedSegment(file.header)
            read.query_name, read.flag, read.reference_id, read.reference_start = f"fragment{i // 2}", flag, 0, start
            read.mapping_quality, read.cigarstring, read.query_sequence = 60, cigar, letters
            read.query_qualities = (
                None if quality is None else pysam.qualitystring_to_array(chr(quality + 33) * len(letters))
            )
            file.write(read)
    return path


@pytest.fixture
def reads(tmp_path):
    return piles.read_alignments(write_bam(tmp_path / "reads.bam", READS), "chr1")


@pytest.fixture
def pileup(reads):
    return piles.stack(reads, REFERENCE)


def test_read_alignments(reads, tmp_path):
    assert reads.letters.shape == reads.quality.shape == reads.places.shape == (8, 28)
    assert [values.dtype.name for values in reads] == ["uint8", "uint8", "int32", "bool", "uint8", "int64"]
    assert reads.fragment.tolist() == [0, 0, 1, 1, 2, 2, 3, 3] and reads.reverse.tolist()[:2] == [False, True]
    assert reads.places[5].tolist() == [*range(14, 28), -1, -1, *range(28, 36), -1, -1, -1, -1]
    assert reads.places[0, 19:].tolist() == [19] + [-1] * 8 and set(reads.letters[0, 20:]) == {piles.NOTHING}
    left_out = [(*READS[0][:3], flag) for flag in (4, 256, 512, 1024, 2048)]
    path = write_bam(tmp_path / "more.bam", [(100, "4M", "ACGN", 0), *left_out])
    with pytest.raises(ValueError, match="from origin=150"):
        piles.read_alignments(path, "chr1", 150)
    path = write_bam(tmp_path / "one.bam", [(100, "2H4M", "ACGN", 0), *left_out[1:]])
    one = piles.read_alignments(path, "chr1", 50)
    assert one.places.tolist() == [[50, 51, 52, 53]] and one.letters.tolist() == [[0, 1, 2, piles.NOTHING]]


@pytest.mark.parametrize(
    ("records", "chromosome", "message"),
    [
        (READS, "chr2", "Expected one of .* Received: chromosome='chr2'"),
        ([], "chr1", "Expected mapped reads"),
        ([(5, "5M10N5M", "ACGTACGTAC", 0)], "chr1", "skips a stretch"),
    ],
)
def test_alignments_that_are_refused(tmp_path, records, chromosome, message):
    with pytest.raises(ValueError, match=message):
        piles.read_alignments(write_bam(tmp_path / "x.bam", records), chromosome)


def test_reads_without_qualities_are_refused(tmp_path):
    with pytest.raises(ValueError, match="letters and qualities"):
        piles.read_alignments(write_bam(tmp_path / "x.bam", READS[:1], quality=None), "chr1")


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ((14, "AA", "A"), (10, "CA", "C")),  # run of one letter
        ((16, "A", "AA"), (10, "C", "CA")),
        ((26, "CA", "CACA"), (19, "G", "GCA")),  # tandem repeat
        ((8, "G", "A"), (8, "G", "A")),
        ((7, "GGT", "GAT"), (8, "G", "A")),  # shared letters on both sides
        ((1, "AT", "T"), (0, "GA", "G")),
        ((0, "GA", "A"), (0, "GA", "A")),  # no letter before the first one
    ],
)
def test_normalize(variant, expected):
    assert piles.normalize(*variant, REFERENCE) == expected


@pytest.mark.parametrize("seed", range(30))
def test_normalize_keeps_the_changed_sequence(seed):
    rng = np.random.default_rng(seed)
    reference = "".join(rng.choice(list("AC"), 30))
    at, n = int(rng.integers(0, 25)), int(rng.integers(1, 5))
    ref, alt = reference[at : at + n], "".join(rng.choice(list("AC"), rng.integers(1, 5)))
    if ref == alt:
        alt += "G"
    new_at, new_ref, new_alt = piles.normalize(at, ref, alt, reference)
    assert reference[new_at : new_at + len(new_ref)] == new_ref
    changed = reference[:at] + alt + reference[at + n :]
    assert reference[:new_at] + new_alt + reference[new_at + len(new_ref) :] == changed
    assert piles.normalize(new_at, new_ref, new_alt, reference) == (new_at, new_ref, new_alt)


@pytest.mark.parametrize("variant", [(3, "T", "T"), (3, "", "T"), (3, "G", "T"), (-1, "A", "T"), (40, "A", "T")])
def test_normalize_refuses(variant):
    with pytest.raises(ValueError, match="Expected .* Received: "):
        piles.normalize(*variant, REFERENCE)


def test_repeats():
    assert piles.room(10, "CA", "C", REFERENCE) == 5 and piles.repeat_copies(10, "CA", "C", REFERENCE) == (6, 1)
    assert piles.repeat_copies(19, "G", "GCA", REFERENCE) == (4, 2)
    assert piles.repeat_copies(8, "G", "A", REFERENCE) == (0, 1)
    assert piles.tandem_repeats(piles.encode(REFERENCE)) == [(11, 17, 1), (20, 28, 2)]


def test_stack(pileup):
    assert pileup.letters.dtype == pileup.quality.dtype == np.uint8
    assert (np.diff(pileup.first) >= 0).all() and (pileup.last >= pileup.first).all()
    assert {key: len(rows) for key, rows in pileup.indels.items()} == {
        (10, "CA", "C"): 2,
        (19, "G", "GCA"): 2,
        (16, "ATCGCAC", "A"): 1,
    }
    row = pileup.indels[16, "ATCGCAC", "A"][0]
    letters, quality = piles.window(pileup, np.array([row]), 13, 35)
    gap, nothing = piles.GAP, piles.NOTHING
    assert letters[0].tolist() == [nothing] * 2 + [0, 0] + [gap] * 6 + piles.encode(REFERENCE[23:33]).tolist() + [5] * 2
    assert (quality[0][letters[0] == gap] == 30).all() and (quality[0][letters[0] == nothing] == 0).all()
    assert {len(pileup.covering(at, at)) for at in (39, 36)} == {0}
    for at in range(36):
        expected = np.flatnonzero((pileup.first <= at) & (pileup.last >= at))
        assert pileup.covering(at, at).tolist() == expected.tolist()


def test_stack_refuses(reads):
    with pytest.raises(ValueError, match="within 30 letters"):
        piles.stack(reads, REFERENCE[:30])
    with pytest.raises(ValueError, match="or none"):
        piles.stack(reads._replace(places=np.full_like(reads.places, -1)), REFERENCE)


def test_candidates(pileup):
    found = piles.find_candidates(pileup, 0, len(REFERENCE), flank=1)
    assert [candidate[:3] for candidate in found] == [(8, "G", "A"), (10, "CA", "C"), (19, "G", "GCA")]
    assert [candidate.supports.sum() for candidate in found] == [2, 2, 2]
    snp, deletion, insertion = found
    assert snp.is_snp and not deletion.is_snp and len(snp.rows) == 5 and snp.informative.all()
    assert len(deletion.rows) == 5 and deletion.used.sum() == 3  # two reads end within the run
    assert insertion.informative.sum() < len(insertion.rows)
    assert [candidate.at for candidate in piles.find_candidates(pileup, 9, 19)] == [10]
    assert piles.find_candidates(pileup, 0, 40, min_count=3) == []
    for start, end in ((5, 5), (-1, 5), (0, 41)):
        with pytest.raises(ValueError, match=f"start={start}, end={end}"):
            piles.find_candidates(pileup, start, end)


def test_doubtful_letters_are_no_candidates(reads):
    pileup = piles.stack(reads._replace(quality=np.full_like(reads.quality, 5)), REFERENCE)
    assert not any(candidate.is_snp for candidate in piles.find_candidates(pileup, 0, 40))


def test_strand_bias(pileup):
    snp = piles.find_candidates(pileup, 8, 9)[0]
    reverse = pileup.reads.reverse[snp.rows]
    assert piles.strand_bias(pileup, snp._replace(supports=reverse)) > 2
    assert piles.strand_bias(pileup, snp) < 1
    one = snp._replace(rows=snp.rows[reverse], supports=snp.supports[reverse], informative=snp.informative[reverse])
    assert piles.strand_bias(pileup, one) == 0


def test_image(pileup):
    snp = piles.find_candidates(pileup, 8, 9)[0]
    picture = piles.image(pileup, snp, np.random.default_rng(0), n_rows=7, half=10)
    assert picture.shape == (7, 21, len(piles.CHANNELS)) and picture.dtype == np.uint8
    assert (picture[5:, :, 0] == piles.NOTHING).all() and not picture[5:, :, 1:].any()
    assert (picture[:5, :2, 0] == piles.NOTHING).all() and not picture[:5, :2, 1:5].any()  # before the reference
    supports = picture[:, 0, 5] == 255
    assert supports.sum() == 2 and (picture[supports, 10, 4] == 255).all() and (picture[supports, 10, 0] == 0).all()
    assert not picture[(picture[:, 0, 5] == 170), 10, 4].any()
    assert set(picture[..., 1].ravel()) == {0, 180} and set(picture[..., 3].ravel()) == {0, 240}
    assert piles.image(pileup, snp, np.random.default_rng(0), n_rows=3).shape == (3, 25, 6)
    with pytest.raises(ValueError, match="n_rows=0"):
        piles.image(pileup, snp, np.random.default_rng(0), n_rows=0)


def test_draw(pileup):
    figure, axes = plt.subplots()
    for candidate in piles.find_candidates(pileup, 0, 40, flank=1):
        piles.draw(axes, pileup, candidate, "title")
    assert (
        axes.get_title() == "title" and len(axes.images) == 3 and {t.get_text() for t in axes.texts} >= {"<", ">", "A"}
    )
    plt.close(figure)


def test_places_that_run_backward_are_no_indel(reads):
    places = reads.places.copy()
    places[0, 10:20] -= 3  # letter 10 stands before letter 9
    found = piles.stack(reads._replace(places=places), REFERENCE)
    assert found.indels == piles.stack(reads, REFERENCE).indels
