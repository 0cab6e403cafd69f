"""One composition root per function: each builds what it needs and imports nothing else."""
