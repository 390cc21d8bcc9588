"""Stands before the real psutil on the path of programs that may not look into /proc."""

raise ImportError("psutil does not work here: /proc shows no processes in the sandbox", name="psutil")
