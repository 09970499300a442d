"""Micro-batches: a batch that does not fit in memory is computed in parts, and its result is the same.

The first size is what an estimate says will fit. Where torch runs out of memory all the same, the size is halved for
good and the part that failed is computed again. A part's gradients are added only once all of them are there, so
nothing is counted twice and the effective batch stays what it was.

Not covered: a single item that does not fit (an error with its remedy), and random draws inside a part that is computed
again (dropout, samples): they are drawn anew.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from iccm_dagster.errors import DeviceError
from iccm_dagster.threads import side_by_side

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Parameter

Item = TypeVar("Item")
Result = TypeVar("Result")


def out_of_memory(error: RuntimeError) -> bool:
    """Return whether torch could not get memory: on a card it has an error for it, on the CPU only a message."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def add_gradients(parameters: Sequence["Parameter"], gradients: Sequence["Tensor | None"]) -> None:
    """Add a gradient to each parameter that has one."""
    for parameter, gradient in zip(parameters, gradients, strict=True):
        if gradient is not None and parameter.grad is None:
            parameter.grad = gradient
        elif gradient is not None:
            parameter.grad.add_(gradient)


class MicroBatch:
    """How many items are computed at once; halved when memory runs out."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.halvings = 0
        """Times that memory ran out."""

    def run(self, items: Sequence[Item], compute: Callable[[Sequence[Item]], Result]) -> list[Result]:
        """Return the results of ``compute`` over consecutive parts of the items.

        ``compute`` must leave nothing behind when it runs out of memory.

        Raises:
            DeviceError: One item alone does not fit.
        """
        done, results = 0, []
        while done < len(items):
            part = items[done : done + self.size]
            try:
                results.append(compute(part))
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                reason = str(error).split("\n", 1)[0]
            else:
                done += len(part)
                continue
            # Outside the handler: the error's traceback would keep the tensors of the failed part alive.
            self._halve(len(part), reason)
        return results

    def accumulate(
        self,
        items: Sequence[Item],
        loss_of: Callable[[Sequence[Item]], "Tensor"],
        parameters: Sequence["Parameter"],
        *,
        alongside: int = 1,
    ) -> float:
        """Add the gradient of a loss to the parameters; return the loss.

        ``loss_of`` gives the share of a part: over the parts of any split the shares must add up to the loss. ``alongside``: into
        how many shares a part is split that are computed side by side (see `threads`).
        """
        import torch

        def gradient(share: Sequence[Item]) -> tuple[float, tuple["Tensor | None", ...]]:
            loss = loss_of(share)
            return float(loss.detach()), torch.autograd.grad(loss, parameters, allow_unused=True)

        def add(part: Sequence[Item]) -> float:
            size = -(-len(part) // alongside)
            shares = [part[start : start + size] for start in range(0, len(part), size)]
            found = list(side_by_side(gradient, shares, device="cpu")) if alongside > 1 else [gradient(part)]
            for _, gradients in found:
                add_gradients(parameters, gradients)
            return sum(loss for loss, _ in found)

        return sum(self.run(items, add))

    def _halve(self, failed: int, reason: str) -> None:
        import torch

        if failed == 1:
            raise DeviceError(
                f"a single item does not fit in memory ({reason}). Lower the token limits of the recipe, turn on "
                "gradient_checkpointing, or take a card with more memory."
            )
        self.size = max(1, min(self.size, failed) // 2)
        self.halvings += 1
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
