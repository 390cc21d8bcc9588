"""Abstract interpretation of generated Python: which queries may a value descend from?"""
