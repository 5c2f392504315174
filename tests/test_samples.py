"""Samples: what is committed is what the script writes."""

import gzip
import io
import runpy
import zipfile

import pytest
from PIL import Image

NAMES = (
    "splice_uci",
    "splice_gue",
    "genomes_1pct",
    "ecoli_k12",
    "promoter_bacteria",
    "spyogenes",
    "na12878_chr20",
    "chip_ctcf_pu1",
    "jaspar2024",
    "ncrna_nrc13",
    "coronavirus_spike_host",
    "tfbs_gue",
    "microarray_golub_khan",
    "lambda_nanopore",
    "zika_genomes",
    "tcga_blca_luad_ucec",
    "pbmc68k_reduced",
    "reactome_hierarchy",
    "msigdb_h_reactome",
    "deeploc",
    "deepfri_ec",
    "mpra_ecoli_urtecho",
    "mave_regulatory",
    "utr5_sample2019",
    "promoter_gue",
    "enhancer_ienhancer",
    "warfarin_iwpc",
    "gdsc_v17",
    "gbsg_rct",
    "glioma_grading",
    "heart_disease",
    "mice_polygenic",
    "brca1_sge",
    "dms_tem1",
    "ancestry_1000g",
    "phylo_nexus",
    "hiv1_subtypes",
    "lambda_illumina",
    "amr_genes",
    "balibase3",
    "mtdna_human_orang",
    "maf_blocks",
    "crispr_deephf",
    "crispr_doench2016",
    "flip_gb1",
    "bccd",
    "nuclei_fluo",
    "nuclei_stained",
    "dta_davis_kiba",
    "flip_secondary_structure",
    "kortemme40_contacts",
    "rephetio_kg",
    "yeast_ppi",
    "wheat_bglr",
    "maize_technow",
)


def decompressed(content):
    """Compressed bytes depend on the version of zlib; BAM, RData and images are compressed too."""
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    if content.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        with Image.open(io.BytesIO(content)) as image:
            return image.mode, image.size, image.tobytes()
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def contents(folder):
    """Read all files of a folder, decompressed."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): decompressed(path.read_bytes()) for path in files}


def test_the_script_writes_the_committed_samples(root, tmp_path, monkeypatch):
    script = runpy.run_path(str(root / "data" / "make_samples.py"))
    monkeypatch.setitem(script["main"].__globals__, "SAMPLES", tmp_path)
    monkeypatch.setattr("sys.argv", ["make_samples.py"])
    script["main"]()
    assert contents(tmp_path) == contents(root / "data" / "samples")


def test_samples_are_small(root):
    files = [path for path in (root / "data" / "samples").rglob("*") if path.is_file()]
    assert 0 < sum(path.stat().st_size for path in files) < 4_000_000


@pytest.mark.parametrize("name", NAMES)
def test_samples_carry_registered_names(root, name, monkeypatch):
    from genodl_utils import datasets

    entry, folder = datasets._registry()[name], root / "data" / "samples" / name
    if "archive" in entry:
        members = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
        # Members may carry random names, so that only their folder is compared.
        folders = {pattern.partition("*")[0].rpartition("/")[0] for pattern in entry["archive"]["include"]} - {""}
        assert members and all(member.startswith(tuple(folders)) for member in members)
        return
    registered = {file["name"] for file in entry["files"]}
    assert {path.name for path in folder.iterdir()} <= registered
