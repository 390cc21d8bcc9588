"""The API's function as Lambda starts it.

Importing leaves no garbage, yet makes so many objects that Python looks for it again and again, for an eighth of the
time to start. What was imported stays, so that it is not looked through later either.
"""

import gc

gc.disable()

from api import handler  # noqa: E402 (the line above comes first)

gc.freeze()
gc.enable()

__all__ = ["handler"]
