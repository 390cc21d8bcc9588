"""What keeps generated code inside: confine.py has the steps in their order. Standard library and ctypes only."""
