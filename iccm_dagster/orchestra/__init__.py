"""The orchestra: reconstructors, which rebuild an application from a text and its public interface alone.

Read in this order: reconstructor (the protocol and its records); the embedded readers: knowledge (what a simulated
reconstructor knows about an application), masking (how its names are hidden), readers (the three of them); the language
models: recipe (who plays), prompts (what they are asked), answers (what is remembered), blocks and parsing (what an answer
amounts to), endpoint with faults, breaker and ollama (one server), ledger (tokens and money), conductor (who is asked
when), endpoints (language models as reconstructors).
"""
