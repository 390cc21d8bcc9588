"""Showing things to the reader of a notebook, where there is no outbox."""

import sys


def show_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def show_object(thing: object, title: str | None = None) -> None:
    """Displayed richly in IPython, as text elsewhere."""
    if title:
        show_line(title)
    if _in_ipython():
        from IPython.display import display

        display(thing)  # type: ignore[no-untyped-call]
    else:
        show_line(str(thing))


def _in_ipython() -> bool:
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None
