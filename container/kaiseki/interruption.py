"""Ctrl-C as it arrives."""

_AMID_A_QUERY = "Query interrupted"  # what DuckDB makes of a KeyboardInterrupt, without a word of what it was


def is_interruption(error: BaseException) -> bool:
    return isinstance(error, KeyboardInterrupt) or (isinstance(error, RuntimeError) and str(error) == _AMID_A_QUERY)
