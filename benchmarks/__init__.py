"""What is claimed is measured here: each folder or file is one measurement, beside its peer in the same run."""
