"""Where an Ollama server keeps a model: in the card's memory, or beside it, computed by the CPU.

Ollama falls back to the CPU without a word when its CUDA libraries, the driver or the free memory do not suffice, and cuts
prompts to the context it has allocated. Both can be read at ``/api/ps`` while the model is loaded. Other servers have no
such page: nothing is said of them.
"""

import httpx2
from pydantic import BaseModel, ValidationError

SECONDS = 5.0


class _Running(BaseModel):
    name: str
    size: int
    size_vram: int = 0
    context_length: int | None = None


class _Processes(BaseModel):
    models: list[_Running]


async def remarks_on(url: str, model: str, *, context_tokens: int, client: httpx2.AsyncClient) -> list[str]:
    """Return what a person should know about a model that an Ollama server has just answered with.

    ``url``: the base URL of its OpenAI interface. Empty where all is well, or where the server is no Ollama.
    """
    try:
        page = await client.get(url.rstrip("/").removesuffix("/v1") + "/api/ps", timeout=SECONDS)
        running = _Processes.model_validate_json(page.content).models if page.status_code == 200 else []
    except (httpx2.HTTPError, ValidationError):
        return []
    return [remark for found in running if _same(found.name, model) for remark in _remarks(found, context_tokens)]


def _same(name: str, model: str) -> bool:
    return name == model or name == f"{model}:latest"


def _remarks(found: _Running, context_tokens: int) -> list[str]:
    said = []
    share = found.size_vram / found.size if found.size else 1.0
    if share < 0.999:
        where = "on the CPU" if found.size_vram == 0 else f"with {1 - share:.0%} of it on the CPU"
        said.append(
            f"OLLAMA RUNS {found.name} {where}: {found.size_vram / 2**30:.1f} of {found.size / 2**30:.1f} GiB are on a card. "
            "Check driver and CUDA libraries in its log, free the card, or take a smaller quantization"
        )
    if found.context_length is not None and found.context_length < context_tokens:
        said.append(
            f"Ollama gives {found.name} a context of {found.context_length} tokens and cuts longer prompts silently; "
            f"{context_tokens} are expected. Start it with OLLAMA_CONTEXT_LENGTH={context_tokens}"
        )
    return said
