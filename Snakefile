# Records the chapters. `make record` calls it for those that are stale; for a cluster there are profiles:
#   snakemake --profile book/cluster/slurm
# A target's name holds the hash of the chapter's code, so that a changed chapter is another target. A recording is
# written in one step when its chapter has ended: whatever is killed, the next call goes on where the last one was.
import sys

sys.path.insert(0, "book/_tools")
import hashlib
import pathlib

import chapters

# Which chapter needs which data.
DATA = {
    "01_first_model": [],
    "02_collecting_data": ["ecoli_k12", "na12878_chr20", "lambda_nanopore", "zika_genomes"],
    "03_preprocessing": ["lambda_nanopore", "splice_uci", "microarray_golub_khan"],
    "04_neurons_from_scratch": ["splice_uci"],
    "05_convolutional_networks": ["jaspar2024", "chip_ctcf_pu1"],
    "06_recurrent_networks": ["ncrna_nrc13"],
    "07_attention_and_transfer": ["ecoli_k12", "promoter_bacteria"],
    "08_training_on_gpu": ["tfbs_gue"],
    "09_evaluating_honestly": ["coronavirus_spike_host", "tfbs_gue"],
    "10_looking_inside": ["jaspar2024", "chip_ctcf_pu1"],
    "11_gene_finding": ["ecoli_k12", "spyogenes", "genomes_1pct"],
    "12_splice_sites": ["splice_uci", "genomes_1pct", "splice_gue"],
    "13_regulatory_elements": ["promoter_bacteria", "promoter_gue", "enhancer_ienhancer", "tfbs_gue", "jaspar2024"],
    "14_noncoding_rna": ["ncrna_nrc13"],
    "15_protein_function": ["deeploc", "deepfri_ec"],
    "16_expression_from_sequence": ["mave_regulatory", "mpra_ecoli_urtecho", "utr5_sample2019"],
    "17_expression_profiles": ["microarray_golub_khan", "tcga_blca_luad_ucec", "pbmc68k_reduced"],
    "18_pathways": ["msigdb_h_reactome", "tcga_blca_luad_ucec", "reactome_hierarchy"],
    "19_variant_calling": ["na12878_chr20"],
    "20_variant_effects": ["dms_tem1", "brca1_sge", "splice_uci"],
    "21_ancestry": ["ancestry_1000g"],
    "22_disease_risk": ["tcga_blca_luad_ucec", "glioma_grading", "mice_polygenic", "heart_disease"],
    "23_precision_medicine": ["warfarin_iwpc", "gdsc_v17", "gbsg_rct"],
    "24_viruses": ["hiv1_subtypes", "coronavirus_spike_host", "phylo_nexus"],
    "25_alignment": ["balibase3", "mtdna_human_orang", "maf_blocks", "ecoli_k12", "spyogenes"],
    "26_evolution": ["phylo_nexus"],
    "27_assembly": ["lambda_illumina", "lambda_nanopore"],
    "28_resistance_screening": ["amr_genes", "ecoli_k12", "spyogenes"],
    "29_protein_structure": ["flip_secondary_structure", "kortemme40_contacts"],
    "30_protein_engineering": ["flip_gb1"],
    "31_drug_target": ["dta_davis_kiba"],
    "32_crispr": ["crispr_deephf", "crispr_doench2016", "ecoli_k12"],
    "33_cell_images": ["bccd", "nuclei_fluo", "nuclei_stained"],
    "34_crops": ["wheat_bglr", "maize_technow"],
    "35_knowledge_graphs": ["rephetio_kg", "yeast_ppi"],
    "36_privacy": ["ancestry_1000g", "heart_disease"],
    "37_real_time": ["chip_ctcf_pu1", "ecoli_k12"],
    "38_scaling_out": ["tfbs_gue", "ecoli_k12"],
}


def target(path):
    code = "".join(chapters.source_hashes(chapters.load(path)))
    return f"_build/recorded/{path.stem}.{hashlib.sha256(code.encode()).hexdigest()[:12]}.ipynb"


STALE = [target(path) for path in chapters.find() if chapters.problems(path)]


localrules:
    all,


# Where jobs share no files with this checkout, the recordings come back as the jobs' outputs.
rule all:
    input:
        STALE,
    run:
        for path in map(pathlib.Path, input):
            notebook = chapters.NOTEBOOKS / f"{path.name.split('.')[0]}.ipynb"
            if notebook.read_bytes() != path.read_bytes():
                chapters.replace(notebook, path.read_text(encoding="utf-8"))


rule fetch:
    output:
        touch("_build/fetched/{dataset}"),
    shell:
        "{sys.executable} -m genodl_utils.datasets fetch {wildcards.dataset}"


# Two chapters side by side on one core each are faster than one after the other on two. A chapter that measures what
# two cores gain needs both, and so does one that would take longer than four minutes on one of them.
TWO_CORES = ["08_training_on_gpu", "38_scaling_out"]
LONG = 200  # seconds, in the last recording, if that had both


def n_cores(wildcards):
    life = chapters.load(chapters.NOTEBOOKS / f"{wildcards.chapter}.ipynb").metadata.get(chapters.METADATA, {})
    long = life.get("threads", 2) > 1 and life.get("wall_time_s", 0) > LONG
    return 2 if long or wildcards.chapter in TWO_CORES else 1


rule record:
    input:
        lambda wildcards: [f"_build/fetched/{dataset}" for dataset in DATA[wildcards.chapter]],
    output:
        "_build/recorded/{chapter}.{code}.ipynb",
    threads: n_cores
    resources:
        mem_mb=4000,
        runtime=15,
    shell:
        "{sys.executable} book/_tools/record.py --cores {threads} record {wildcards.chapter}"
        " && cp notebooks/{wildcards.chapter}.ipynb {output}"
