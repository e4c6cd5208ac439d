"""Generated repositories that stay: baked anew at their place, with the environments kept."""
