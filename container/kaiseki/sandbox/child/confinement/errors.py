"""The one error of this package."""


class Unconfined(Exception):
    """This process cannot be confined, and must not run generated code. One line that says why."""
