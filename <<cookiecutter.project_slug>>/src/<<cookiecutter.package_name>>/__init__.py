"""Data, training, quality checks, registration and serving of one model."""
