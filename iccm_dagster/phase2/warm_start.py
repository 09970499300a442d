"""What stage 1 starts from: docstring pairs, and a decoder made of the encoder's own blocks.

Blocks of a BERT encoder become the decoder's self-attention and feed-forward layers (Rothe et al., 2020); an encoder of
another make gives its embeddings only.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from iccm_dagster.phase2.groups import presented
from iccm_dagster.phase2.model import RequirementWriter, RequirementWriterConfig
from iccm_dagster.phase2.recipe import WriterRecipe
from iccm_dagster.phase2.source import SourceEncoder
from iccm_dagster.phase2.styles import CARRIED, NAMED, OWN, in_style, style_tokens
from iccm_dagster.seeding import seed_for


def warm_pairs(corpus_path: Path | None, recipe: WriterRecipe) -> pd.DataFrame:
    """Draw the docstring pairs of the warm start: columns source, query, style.

    ``corpus_path``: Parquet with qualified_name, code (without its docstring), query (the docstring's first sentence),
    split. In a share of ``recipe.docstring_share`` the source shows what the docstring says, which is carried over, in
    either style; in the others it is said in the writer's own words. Sources look like section groups.
    """
    if corpus_path is None or recipe.warm_pairs == 0:
        return pd.DataFrame({"source": [], "query": [], "style": []})
    corpus = pd.read_parquet(corpus_path, columns=["qualified_name", "code", "query", "split"])
    corpus = corpus[corpus["split"] == "train"]
    seed = seed_for("phase2", "warm", recipe.seed)
    drawn = corpus.sample(min(len(corpus), recipe.warm_pairs), random_state=seed)
    generator = np.random.default_rng(seed)
    shown = generator.random(len(drawn)) < recipe.docstring_share
    # A causal language model knows no styles: it says a docstring in one way.
    named = (generator.random(len(drawn)) < 0.5) & (recipe.generator == "head")
    styles = np.where(shown, np.where(named, NAMED, CARRIED), OWN)
    rows = list(zip(drawn["qualified_name"], drawn["code"], drawn["query"], styles, strict=True))
    return pd.DataFrame(
        {
            "source": [
                presented(name, "" if style == OWN else query, code) for name, code, query, style in rows
            ],
            "query": [query if style == OWN else in_style(style, name, query) for name, _, query, style in rows],
            "style": styles,
        }
    )


def new_head(encoder: SourceEncoder, targets: Sequence[str], recipe: WriterRecipe) -> RequirementWriter:
    """Return a decoder for this encoder whose vocabulary is the most frequent tokens of the targets."""
    tokenizer = encoder.tokenizer
    counts = Counter(
        token for ids in tokenizer(list(targets), add_special_tokens=False, verbose=False)["input_ids"] for token in ids
    )
    bos = _first(tokenizer.cls_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id)
    eos = _first(tokenizer.sep_token_id, tokenizer.eos_token_id)
    styles = style_tokens(tokenizer, set(counts))
    special = {bos, eos, tokenizer.pad_token_id, *styles}
    frequent = sorted({token for token, _ in counts.most_common(recipe.vocabulary)} | special)
    head = RequirementWriter(
        RequirementWriterConfig(
            vocab_size=len(tokenizer),
            frequent=frequent,
            d_model=encoder.size,
            encoder_size=encoder.size,
            num_layers=recipe.num_layers,
            num_heads=recipe.num_heads,
            d_ff=recipe.d_ff,
            dropout=recipe.dropout,
            max_target=recipe.max_target,
            bos_token_id=bos,
            eos_token_id=eos,
            pad_token_id=tokenizer.pad_token_id,
            copy_path=recipe.copy_path,
            styles=styles,
        )
    )
    head.start_from_embeddings(encoder.embedding_table().cpu())
    if encoder.bert is not None:
        head.start_from_bert(encoder.bert)
    return head


def _first(*candidates: int | None) -> int:
    return next(candidate for candidate in candidates if candidate is not None)
