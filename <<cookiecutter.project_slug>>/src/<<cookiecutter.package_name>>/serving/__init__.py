"""The only code that runs behind Seldon."""
