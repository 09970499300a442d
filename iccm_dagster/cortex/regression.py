"""Ridge regression per action: factored once, solved for many targets."""

import numpy as np
from jaxtyping import Float, Int

from iccm_dagster.cortex.transitions import ACTIONS

# N: decisions, A: actions, B: basis functions, H: targets.


class Regression:
    """One ridge regression per action over the rows in which it was taken; rows can be weighted."""

    def __init__(
        self,
        basis_NB: Float[np.ndarray, "N B"],
        action_N: Int[np.ndarray, " N"],
        *,
        ridge: float,
        weight_N: Float[np.ndarray, " N"] | None = None,
    ) -> None:
        size = basis_NB.shape[1]
        weight_N = np.ones(len(action_N)) if weight_N is None else weight_N
        self._rows = [np.flatnonzero((action_N == action) & (weight_N > 0)) for action in range(len(ACTIONS))]
        self._basis = [basis_NB[rows] for rows in self._rows]
        self._weights = [weight_N[rows] for rows in self._rows]
        grams = [each.T @ (each * weight[:, None]) for each, weight in zip(self._basis, self._weights, strict=True)]
        self.covariance_ABB = np.stack([np.linalg.inv(gram + ridge * np.eye(size)) for gram in grams])

    def fit(self, target_N: Float[np.ndarray, " N"]) -> tuple[Float[np.ndarray, "A B"], Float[np.ndarray, " A"]]:
        """Return the weights of each action and the standard deviation of what they leave unexplained.

        An action without rows has zero weights, and the noise of all rows together.
        """
        weights_AB = self.solve(target_N[:, None])[:, :, 0]
        overall = float(target_N.std()) if len(target_N) else 1.0
        noise_A = np.full(len(self._rows), overall)
        for action, (rows, basis_MB, weight_M) in enumerate(zip(self._rows, self._basis, self._weights, strict=True)):
            freedom = weight_M.sum() - min(basis_MB.shape[1], weight_M.sum() / 2)
            if len(rows):
                left_M = target_N[rows] - basis_MB @ weights_AB[action]
                noise_A[action] = np.sqrt((weight_M * left_M**2).sum() / max(freedom, 1.0))
        return weights_AB, noise_A

    def solve(self, target_NH: Float[np.ndarray, "N H"]) -> Float[np.ndarray, "A B H"]:
        """Return the weights of each action for several targets at once."""
        right = [
            basis_MB.T @ (weight_M[:, None] * target_NH[rows])
            for rows, basis_MB, weight_M in zip(self._rows, self._basis, self._weights, strict=True)
        ]
        return np.stack(
            [inverse_BB @ right_BH for inverse_BB, right_BH in zip(self.covariance_ABB, right, strict=True)]
        )
