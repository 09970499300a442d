"""Phase 1: find the code sections that implement a requirement.

Read in this order: recipe (the settings), corpus (docstring pairs harvested from this environment), labels (what is
relevant to a requirement), contrast (what is compared with what in training), model (the trained retriever on disk),
train, evaluate (against BM25 and the untrained encoder), retrieve (ask one question).
"""
