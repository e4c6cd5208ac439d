"""Whole journeys in generated repositories; `make test-options` runs them."""
