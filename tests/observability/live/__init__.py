"""Live proof: a served model, watched by the real programs, is asked every query."""
