"""The denoiser: a small transformer over the nodes of a tree and the tests, biased by how nodes stand to each other.

It reads the current token of each node, the one before, the one given at the start, the tokens that types allow and,
where the recipe says so, the iteration, the tests, and the evidence of running the state. It answers with one
distribution per node over the tokens that types allow there.
"""

import json
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from iccm_dagster.errors import ArtifactError
from iccm_dagster.refinement.evidence import FEATURES, TEST_FEATURES
from iccm_dagster.refinement.kernels import N, V
from iccm_dagster.refinement.recipe import DenoiserRecipe
from iccm_dagster.refinement.states import AMONG_TESTS, FROM_TEST, RELATIONS, TO_TEST, Frame, Seen

# B: states, N: nodes, T: tests, L: sequence (N + T), H: heads, D: width, V: vocabulary.
HIDDEN_EVIDENCE = 96
WEIGHTS, RECIPE = "weights.pt", "recipe.json"


class Denoiser(nn.Module):
    """Nodes and tests in, logits of the nodes out."""

    def __init__(self, recipe: DenoiserRecipe) -> None:
        super().__init__()
        self.recipe, width = recipe, recipe.width
        self.token, self.before, self.start = (nn.Embedding(V, width) for _ in range(3))
        self.depth, self.sibling = nn.Embedding(16, width), nn.Embedding(4, width)
        self.typed, self.signal = nn.Linear(V, width), nn.Linear(2, width)
        self.iteration = nn.Embedding(64, width) if recipe.iteration_signal else None
        if recipe.examples:
            self.test = nn.Sequential(nn.Linear(TEST_FEATURES, width), nn.GELU(), nn.Linear(width, width))
        if recipe.evidence:
            self.would = nn.Linear(2 * V, width)
            self.node_test = nn.Linear(FEATURES, HIDDEN_EVIDENCE)
            self.about_test = nn.Linear(TEST_FEATURES, HIDDEN_EVIDENCE)
            self.evidence = nn.Linear(2 * HIDDEN_EVIDENCE, width)
        self.relation = nn.Embedding(RELATIONS, recipe.layers * recipe.heads)
        self.blocks = nn.ModuleList(Block(width, recipe.heads) for _ in range(recipe.layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, V)
        for table in (self.token, self.before, self.start, self.depth, self.sibling):
            nn.init.normal_(table.weight, std=0.3)
        nn.init.zeros_(self.relation.weight)

    def forward(
        self, frame: Frame, tokens: np.ndarray, before: np.ndarray, iteration: np.ndarray, seen: Seen
    ) -> Float[Tensor, "B N V"]:
        """Return logits, -1e4 where types forbid a token. ``tokens, before [B, N]``, ``iteration [B]`` from 0."""
        x = self.embed(frame, tokens, before, iteration, seen)
        relations = torch.from_numpy(frame.relations).long()
        if self.recipe.examples:
            about = torch.from_numpy(seen.tests)
            x = torch.cat([x, self.test(about).to(x.dtype)], dim=1)
            relations = _with_tests(relations, about.shape[1])
        bias = self.relation(relations).permute(0, 3, 1, 2).unflatten(1, (self.recipe.layers, self.recipe.heads))
        bias = bias.masked_fill((relations == 0)[:, None, None], -1e4)
        for layer, block in enumerate(self.blocks):
            x = block(x, bias[:, layer])
        logits = self.head(self.norm(x[:, :N])).float()
        return logits.masked_fill(~torch.from_numpy(frame.allowed), -1e4)

    def embed(
        self, frame: Frame, tokens: np.ndarray, before: np.ndarray, iteration: np.ndarray, seen: Seen
    ) -> Float[Tensor, "B N D"]:
        """Return one vector per node: the sum of everything known about it."""
        places = torch.from_numpy(frame.places).long()
        failing = np.broadcast_to(1 - seen.passed.mean(axis=1, keepdims=True), seen.blame.shape)
        signal = torch.from_numpy(np.stack([failing, seen.blame], axis=-1).astype(np.float32))
        if not self.recipe.evidence:
            signal[..., 1] = 0
        x = (
            self.token(torch.from_numpy(tokens).long())
            + self.before(torch.from_numpy(before).long())
            + self.start(torch.from_numpy(frame.given).long())
            + self.depth(places[..., 0])
            + self.sibling(places[..., 1])
            + self.typed(torch.from_numpy(frame.allowed).float())
            + self.signal(signal)
        )
        if self.iteration is not None:
            x = x + self.iteration(torch.from_numpy(np.minimum(iteration, 63)).long())[:, None]
        if self.recipe.evidence:
            about = self.about_test(torch.from_numpy(seen.tests))[:, None]
            hidden = nn.functional.gelu(self.node_test(torch.from_numpy(seen.nodes)) + about)
            over_tests = torch.cat([hidden.mean(dim=2), hidden.amax(dim=2)], dim=-1)
            tokens_seen = torch.from_numpy(np.concatenate([seen.would, seen.refuted], axis=-1))
            x = x + self.evidence(over_tests) + self.would(tokens_seen)
        return x


class Block(nn.Module):
    """Attention with a bias per pair, then a feed-forward layer; both normalised first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width))

    def forward(self, x: Float[Tensor, "B L D"], bias: Float[Tensor, "B H L L"]) -> Float[Tensor, "B L D"]:
        """Return the updated vectors."""
        q, k, v = self.qkv(self.first(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        return x + self.feed(self.second(x))


def save_denoiser(model: Denoiser, folder: Path) -> None:
    """Write weights and recipe."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), folder / WEIGHTS)
    (folder / RECIPE).write_text(json.dumps(model.recipe.model_dump(mode="json"), indent=1), encoding="utf-8")


def load_denoiser(folder: Path) -> Denoiser:
    """Read a model that `save_denoiser` wrote.

    Raises:
        ArtifactError: It is not there, or was written for another vocabulary or network.
    """
    try:
        recipe = DenoiserRecipe(**json.loads((folder / RECIPE).read_text(encoding="utf-8")))
        model = Denoiser(recipe)
        model.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True))
    except (OSError, RuntimeError, ValueError) as error:
        raise ArtifactError(f"{folder}: no denoiser can be read ({error}). Train it again") from error
    return model.eval()


def bf16_pays(recipe: DenoiserRecipe) -> bool:
    """Return whether the recipe asks for bfloat16 and this processor multiplies it in hardware."""
    return recipe.bf16 and torch.cpu._is_avx512_bf16_supported()


def _with_tests(relations: Tensor, tests: int) -> Tensor:
    """Add rows and columns of tests to the relations of the nodes; padding stays padding."""
    batch, nodes, _ = relations.shape
    whole = relations.new_full((batch, nodes + tests, nodes + tests), AMONG_TESTS)
    whole[:, :nodes, :nodes] = relations
    whole[:, :nodes, nodes:] = TO_TEST
    padded = torch.diagonal(relations, dim1=1, dim2=2) == 0
    whole[:, nodes:, :nodes] = torch.where(padded, 0, FROM_TEST)[:, None]
    return whole
