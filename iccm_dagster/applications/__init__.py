"""Applications: programs with tests, gold requirements, and the traceability between the three.

Read in this order: catalogue (what an application is, and loading them), files (what may be read), requirements,
sections (what the sources are made of), traceability (requirement to sections and tests), rebuild (a program with some
of its sections), interface (what the tests may call), mutants (first-order mutants of the sources).

Judging applications: validate (the static rules), executed (traceability and mutants, run), runs (many versions of a program,
tested by one warm process), duplicates (near-duplicates between splits), statistics (the catalogue in numbers).

Adding applications: projects (find sources, tests and licence of any Python project), add (turn them into an
application). ``python -m iccm_dagster.applications`` is the command line.
"""
