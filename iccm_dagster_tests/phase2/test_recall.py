"""What is known by heart: the requirement of code that was read, however it is stored, and of no other code."""

import pytest
import torch

from iccm_dagster.phase2.recall import Memory
from iccm_dagster.phase2.source import EncodedSource

SIZE = 16
TEXTS = ("The queue drops what is older than its limit.", "A price is rounded to cents.", "Names are sorted.")


def source(seed: int, *, noise: float = 0.0, tokens: int = 5) -> EncodedSource:
    """A source whose states are drawn by its seed."""
    states = torch.randn(tokens, SIZE, generator=torch.Generator().manual_seed(seed))
    moved = states + noise * torch.randn(tokens, SIZE, generator=torch.Generator().manual_seed(1000 + seed))
    return EncodedSource(ids=torch.arange(tokens), states=moved.half(), cut=0)


@pytest.fixture
def memory() -> Memory:
    return Memory.of([source(seed) for seed in range(3)], TEXTS, least=0.95)


def test_each_source_that_was_read_brings_back_its_own_requirement(memory):
    assert memory.recall([source(2), source(0), source(1)]) == [TEXTS[2], TEXTS[0], TEXTS[1]]


def test_a_slightly_changed_source_is_still_known_and_other_code_is_not(memory):
    assert memory.recall([source(1, noise=0.05), source(77)]) == [TEXTS[1], None]
    # Halfway to something else it is not the same code any more.
    assert memory.recall([source(1, noise=2.0)]) == [None]


def test_what_all_sources_share_makes_none_of_them_known():
    """Without taking the mean away, every source would be most alike to every other."""
    shared = 50 * torch.ones(SIZE)

    def lifted(seed: int) -> EncodedSource:
        plain = source(seed)
        return EncodedSource(ids=plain.ids, states=(plain.states.float() + shared).half(), cut=0)

    memory = Memory.of([lifted(seed) for seed in range(3)], TEXTS, least=0.95)
    stranger = lifted(77)
    plain = torch.nn.functional.cosine_similarity(
        stranger.states.float().mean(dim=0), lifted(0).states.float().mean(dim=0), dim=0
    )
    assert plain > 0.95
    assert memory.recall([stranger, lifted(0)]) == [None, TEXTS[0]]


def test_one_source_is_enough():
    memory = Memory.of([source(0)], TEXTS[:1], least=0.95)
    assert memory.recall([source(0), source(77)]) == [TEXTS[0], None]
    assert memory.recall([]) == []


def test_it_is_the_same_after_it_was_stored(memory, tmp_path):
    assert Memory.load(tmp_path) is None
    memory.save(tmp_path)
    loaded = Memory.load(tmp_path)
    assert loaded.texts == memory.texts and loaded.least == memory.least
    assert torch.equal(loaded.vectors, memory.vectors)
    assert loaded.recall([source(1), source(77)]) == [TEXTS[1], None]
