"""Data about people: which columns hold them, and how their values are shown where only their form is needed."""
