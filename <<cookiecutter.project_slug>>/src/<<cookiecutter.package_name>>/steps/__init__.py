"""ZenML steps: verbs, one a file, thin around the pure modules."""
