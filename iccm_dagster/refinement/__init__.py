"""Refinement: repair programs over several iterations, guided by what their tests show.

Read in this order: language (what a program is), evaluate (what it means), kernels (the same, fast), evidence (what an
execution says about each node), decode (type-correct programs only), generate and corpus (programs without twins),
policies (which states a training sees), model, losses, train, infer (propose and judge, driven by
`iccm_dagster.refinement_loop`), search (the controls), measure, checkpoint and compare (all rows), gallery.
"""
