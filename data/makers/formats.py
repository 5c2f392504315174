"""Binary formats written byte by byte, so that no version of zlib, htslib or R decides about a byte.

Blocks of bgzip are stored, not compressed, except those that hold nothing but N.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

MAX_BLOCK = 65_280
END_OF_FILE = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
# 1,280 lines of 50 N, and the same after deflate.
N_LINES = (b"N" * 50 + b"\n") * 1280
N_DEFLATED = bytes.fromhex("edcb311100000800a1dd70df3f8e195c3dd8a9ab49" + "511445" * 62 + "5114" + "e56359")


class Bgzip:
    """Content in blocks of bgzip, with the way from a place in the content to its virtual offset."""

    def __init__(self, chunks: Iterable[bytes]):
        self.starts: list[tuple[int, int]] = []  # of each block: in the file, in the content
        pieces, at, content_at = [], 0, 0
        for chunk in chunks:
            for start in range(0, len(chunk), MAX_BLOCK):
                content = chunk[start : start + MAX_BLOCK]
                self.starts.append((at, content_at))
                pieces.append(_block(content))
                at, content_at = at + len(pieces[-1]), content_at + len(content)
        self.starts.append((at, content_at))
        self.content = b"".join([*pieces, END_OF_FILE])

    def virtual(self, place: int) -> int:
        at, content_at = max(start for start in self.starts if start[1] <= place)
        return at << 16 | (place - content_at)

    def gzi(self) -> bytes:
        inner = self.starts[1:-1]
        return struct.pack(f"<{1 + 2 * len(inner)}Q", len(inner), *(number for start in inner for number in start))


def _block(content: bytes) -> bytes:
    stored = struct.pack("<BHH", 1, len(content), len(content) ^ 0xFFFF) + content
    data = N_DEFLATED if content == N_LINES else stored
    head = bytes.fromhex("1f8b08040000000000ff060042430200") + struct.pack("<H", len(data) + 25)
    return head + data + struct.pack("<II", zlib.crc32(content), len(content))


def bin_of(start: int, end: int) -> int:
    """The bin of an interval in the indices of SAM and tabix."""
    end -= 1
    for shift, first in ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)):
        if start >> shift == end >> shift:
            return first + (start >> shift)
    return 0


def write_bins(records: Sequence[tuple[int, int, int, int]], counts: tuple[int, int] | None) -> bytes:
    """Bins and linear index of one sequence; a record is start, end, and the virtual offsets of its two ends."""
    bins: dict[int, list[list[int]]] = {}
    linear: dict[int, int] = {}
    for start, end, begin, stop in records:
        chunks = bins.setdefault(bin_of(start, end), [])
        if chunks and chunks[-1][1] == begin:
            chunks[-1][1] = stop
        else:
            chunks.append([begin, stop])
        for window in range(start >> 14, (end - 1 >> 14) + 1):
            linear[window] = min(begin, linear.get(window, begin))
    if counts is not None:  # numbers of mapped and unmapped reads, in a bin of their own
        bins[37450] = [[records[0][2], records[-1][3]], list(counts)]
    text = struct.pack("<i", len(bins))
    for number, chunks in sorted(bins.items()):
        text += struct.pack("<Ii", number, len(chunks)) + b"".join(struct.pack("<QQ", *chunk) for chunk in chunks)
    n_windows = max(linear) + 1
    return text + struct.pack(f"<i{n_windows}Q", n_windows, *(linear.get(window, 0) for window in range(n_windows)))


def write_tbi(contig: str, records: Sequence[tuple[int, int, int, int]]) -> bytes:
    """The tabix index of a VCF file with records on one sequence."""
    name = contig.encode() + b"\0"
    head = struct.pack("<4s8i", b"TBI\1", 1, 2, 1, 2, 0, ord("#"), 0, len(name)) + name
    return Bgzip([head + write_bins(records, None) + struct.pack("<Q", 0)]).content


def write_bam(header: str, contigs: list[tuple[str, int]], reads: list[dict[str, Any]]) -> tuple[bytes, bytes]:
    """A sorted BAM file and its index; all placed reads are on one sequence.

    A read is a dict with name, flag, contig, position, mapping_quality, cigar [(operation, length)], mate_position,
    template_length, sequence, qualities and tags {name: str or int}.
    """
    text = header.encode()
    head = struct.pack("<4si", b"BAM\1", len(text)) + text + struct.pack("<i", len(contigs))
    for name, length in contigs:
        head += struct.pack("<i", len(name) + 1) + name.encode() + b"\0" + struct.pack("<i", length)
    body, places = b"", []
    for read in reads:
        record = _bam_record(read)
        begin = len(head) + len(body)
        body += struct.pack("<i", len(record)) + record
        n_reference = sum(length for operation, length in read["cigar"] if operation in "MDN=X")
        places.append((read["position"], read["position"] + max(1, n_reference), begin, len(head) + len(body)))
    packed = Bgzip([head, body])
    records = [(start, end, packed.virtual(begin), packed.virtual(stop)) for start, end, begin, stop in places]
    n_unmapped = sum(read["flag"] & 4 > 0 for read in reads)
    index = struct.pack("<4si", b"BAI\1", len(contigs))
    for number in range(len(contigs)):
        here = number == reads[0]["contig"]
        index += write_bins(records, (len(reads) - n_unmapped, n_unmapped)) if here else struct.pack("<ii", 0, 0)
    return packed.content, index + struct.pack("<Q", 0)


def _bam_record(read: dict[str, Any]) -> bytes:
    name, sequence = read["name"].encode() + b"\0", read["sequence"]
    n_reference = sum(length for operation, length in read["cigar"] if operation in "MDN=X")
    position = read["position"]
    record = struct.pack(
        "<iiBBHHHiiii", read["contig"], position, len(name), read["mapping_quality"],
        bin_of(position, position + max(1, n_reference)), len(read["cigar"]), read["flag"], len(sequence),
        read["contig"], read["mate_position"], read["template_length"],
    )  # fmt: skip
    record += name
    record += b"".join(struct.pack("<I", length << 4 | "MIDNSHP=X".index(op)) for op, length in read["cigar"])
    codes = ["=ACMGRSVTWYHKDBN".index(letter) for letter in sequence + "=" * (len(sequence) % 2)]
    record += bytes(high << 4 | low for high, low in zip(codes[::2], codes[1::2], strict=True))
    record += bytes(read["qualities"])
    for tag, value in read["tags"].items():
        if isinstance(value, int):
            record += tag.encode() + b"C" + bytes([value])
        elif tag == "XT":  # one letter
            record += tag.encode() + b"A" + value.encode()
        else:
            record += tag.encode() + b"Z" + value.encode() + b"\0"
    return record


class Factor(list[str]):
    """A vector of class names, as R stores it: numbers into sorted levels."""


class Frame(dict[str, Any]):
    """A table: columns by name, each a Factor or an array; missing whole numbers are not provided for."""


def write_rdata(variables: dict[str, Any]) -> bytes:
    """Variables in R's binary format (XDR, version 2), not compressed.

    A variable is a dict, a Frame, a Factor, an array, or a matrix with the names of its rows and columns (or None).
    """
    head = b"RDX2\nX\n" + struct.pack(">iii", 2, 0x020E01, 0x020300)
    pairs = (struct.pack(">i", 0x402) + _symbol(name) + _r_object(value) for name, value in variables.items())
    return head + b"".join(pairs) + _NULL


_NULL = struct.pack(">i", 0xFE)


def _symbol(name: str) -> bytes:
    return struct.pack(">i", 1) + _characters(name)


def _characters(text: str) -> bytes:
    return struct.pack(">ii", 9, len(text)) + text.encode("ascii")


def _strings(texts: Iterable[str]) -> bytes:
    texts = list(texts)
    return struct.pack(">ii", 16, len(texts)) + b"".join(map(_characters, texts))


def _numbers(values: np.ndarray, flags: int = 0) -> bytes:
    code, kind = (13, ">i4") if values.dtype.kind == "i" else (14, ">f8")
    return struct.pack(">ii", code | flags, values.size) + values.ravel(order="F").astype(kind).tobytes()


def _attributes(**pairs: bytes) -> bytes:
    return b"".join(struct.pack(">i", 0x402) + _symbol(name) + value for name, value in pairs.items()) + _NULL


def _r_object(value: Any) -> bytes:
    if isinstance(value, np.ndarray):
        return _numbers(value)
    if isinstance(value, Frame):
        items = b"".join(map(_r_object, value.values()))
        n_rows = len(next(iter(value.values())))
        attributes = {"names": _strings(value), "class": _strings(["data.frame"])}
        attributes["row.names"] = _strings(str(number + 1) for number in range(n_rows))
        return struct.pack(">ii", 19 | 0x300, len(value)) + items + _attributes(**attributes)
    if isinstance(value, dict):
        items = b"".join(map(_r_object, value.values()))
        return struct.pack(">ii", 19 | 0x200, len(value)) + items + _attributes(names=_strings(value))
    if isinstance(value, Factor):
        levels = sorted(set(value))
        codes = np.array([levels.index(item) + 1 for item in value], dtype="int32")
        attributes = {"levels": _strings(levels), "class": _strings(["factor"])}
        return _numbers(codes, 0x300) + _attributes(**attributes)
    matrix, rows, columns = value
    names = b"".join(_NULL if texts is None else _strings(texts) for texts in (rows, columns))
    dimensions = _numbers(np.array(matrix.shape, dtype="int32"))
    return _numbers(matrix, 0x200) + _attributes(dim=dimensions, dimnames=struct.pack(">ii", 19, 2) + names)
