"""The orchestra: reconstructors, which rebuild an application from a text and its public interface alone.

Read in this order: reconstructor (the protocol and its records), knowledge (what a simulated reconstructor knows about
an application), masking (how its names are hidden), readers (the three embedded, simulated reconstructors).
"""
