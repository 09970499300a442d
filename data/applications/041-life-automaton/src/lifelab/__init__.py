"""Cellular automata: `rules` for birth and survival, `pattern` for cells, `rle` for files, `evolution` for time."""
