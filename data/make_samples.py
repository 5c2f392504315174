"""Write the simulated sample files: small, in the same formats as the real data sets, with a known truth.

    python data/make_samples.py [NAME ...]      (default: all data sets that have a function in data/makers)

A data set's sample is made by the function of its name, which writes files with the real names into
data/samples/NAME/. Everything is drawn from one seed, so that running the script again changes no content.
The samples hold what makes the real data hard (duplicates, contradictions, overlaps, ambiguous letters), so that the
code that handles it is run by the tests.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from makers import (
    alignments,
    ancestry,
    bacteria,
    binding,
    cells,
    crops,
    drugs,
    editing,
    expression,
    images,
    landscapes,
    lineages,
    mice,
    nanopore,
    networks,
    pathways,
    patients,
    people,
    proteins,
    regulation,
    reporters,
    resistance,
    rna,
    splicing,
    structures,
    therapy,
    trees,
    tumors,
    variants,
    viruses,
)
from makers.common import generator_for

SAMPLES = Path(__file__).parent / "samples"
MAKERS = (
    splicing.splice_uci,
    splicing.splice_gue,
    splicing.genomes_1pct,
    bacteria.ecoli_k12,
    bacteria.promoter_bacteria,
    bacteria.spyogenes,
    people.na12878_chr20,
    binding.chip_ctcf_pu1,
    binding.jaspar2024,
    rna.ncrna_nrc13,
    viruses.coronavirus_spike_host,
    binding.tfbs_gue,
    expression.microarray_golub_khan,
    nanopore.lambda_nanopore,
    viruses.zika_genomes,
    tumors.tcga_blca_luad_ucec,
    cells.pbmc68k_reduced,
    pathways.reactome_hierarchy,
    pathways.msigdb_h_reactome,
    proteins.deeploc,
    proteins.deepfri_ec,
    reporters.mpra_ecoli_urtecho,
    reporters.mave_regulatory,
    reporters.utr5_sample2019,
    regulation.promoter_gue,
    regulation.enhancer_ienhancer,
    therapy.warfarin_iwpc,
    therapy.gdsc_v17,
    therapy.gbsg_rct,
    patients.glioma_grading,
    patients.heart_disease,
    mice.mice_polygenic,
    variants.brca1_sge,
    variants.dms_tem1,
    ancestry.ancestry_1000g,
    trees.phylo_nexus,
    lineages.hiv1_subtypes,
    nanopore.lambda_illumina,
    resistance.amr_genes,
    alignments.balibase3,
    alignments.mtdna_human_orang,
    alignments.maf_blocks,
    editing.crispr_deephf,
    editing.crispr_doench2016,
    landscapes.flip_gb1,
    images.bccd,
    images.nuclei_fluo,
    images.nuclei_stained,
    drugs.dta_davis_kiba,
    structures.flip_secondary_structure,
    structures.kortemme40_contacts,
    networks.rephetio_kg,
    networks.yeast_ppi,
    crops.wheat_bglr,
    crops.maize_technow,
)


def main() -> None:
    makers = {maker.__name__: maker for maker in MAKERS}
    for name in sys.argv[1:] or makers:
        if name not in makers:
            raise SystemExit(f"Expected one of {', '.join(makers)}. Received: {name}")
        folder = SAMPLES / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in makers[name](generator_for(name)).items():
            if isinstance(content, str):
                content = content.encode()
                # mtime=0: a compressed file must not depend on when it was written.
                content = gzip.compress(content, mtime=0) if file.endswith(".gz") else content
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)


if __name__ == "__main__":
    main()
