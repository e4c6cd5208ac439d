"""Promotion of releases from environment to environment: git is read and written, nothing else."""
