"""The one error of all sources, in a module of its own so that every kind can import it."""


class SourceError(RuntimeError):
    """Raw data cannot be fetched; the message names the source and the way out."""
