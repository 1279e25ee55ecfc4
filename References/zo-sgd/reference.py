"""Ten steps of ZO-SGD (MeZO, Malladi et al. 2023, algorithms 1 and 2) in float64 on a quadratic.

The directions are those of docs/noise.md, by ../noise/reference.py; nothing here knows of the Swift code.

    python reference.py > ../../Packages/ZOEstimators/Tests/ZOEstimatorsTests/Goldens/zo-sgd.json
"""

import importlib.util
import json
import math
import pathlib

import numpy as np

source = pathlib.Path(__file__).resolve().parent.parent / "noise" / "reference.py"
spec = importlib.util.spec_from_file_location("noise", source)
noise = importlib.util.module_from_spec(spec)
spec.loader.exec_module(noise)

STEPS = 10
DIRECTION = 1  # the purpose of a direction's seed
PARAMETERS = [("layer.weight", [3, 4], "linear"), ("layer.bias", [3], "bias"), ("norm.weight", [2], "norm")]
SIZES = [math.prod(shape) for _, shape, _ in PARAMETERS]
DECAYS = np.concatenate([np.full(n, float(role == "linear")) for (_, _, role), n in zip(PARAMETERS, SIZES)])

CASES = [
    {"law": "gaussian", "sides": "two-sided", "queries": 1, "weight_decay": 0.0, "schedule": "constant"},
    {"law": "gaussian", "sides": "one-sided", "queries": 3, "weight_decay": 0.5, "schedule": "cosine"},
    {"law": "gaussian-fast", "sides": "two-sided", "queries": 3, "weight_decay": 0.5, "schedule": "constant"},
    {"law": "rademacher", "sides": "one-sided", "queries": 1, "weight_decay": 0.5, "schedule": "cosine"},
    {"law": "sphere", "sides": "two-sided", "queries": 1, "weight_decay": 0.5, "schedule": "cosine"},
    {"law": "sphere", "sides": "one-sided", "queries": 3, "weight_decay": 0.0, "schedule": "constant"},
]


def direction(law, seed):
    fill = noise.LAWS["gaussian" if law == "sphere" else law]
    z = np.concatenate([fill(seed, noise.path_hash(path), 0, n) for (path, _, _), n in zip(PARAMETERS, SIZES)])
    z = z.astype(np.float64)
    return z * math.sqrt(len(z)) / np.linalg.norm(z) if law == "sphere" else z


def train(case, hessian, linear, theta):
    def loss(theta):
        return theta @ hessian @ theta / 2 + linear @ theta

    thetas, losses = [], []
    for step in range(STEPS):
        rate = case["learning_rate"]
        if case["schedule"] == "cosine":
            rate *= (1 + math.cos(math.pi * step / STEPS)) / 2
        epsilon, gradient, seen = case["epsilon"], np.zeros_like(theta), []
        for query in range(case["queries"]):
            z = direction(case["law"], noise.run_seed(case["seed"], DIRECTION, step, query))
            if case["sides"] == "two-sided":
                plus, minus = loss(theta + epsilon * z), loss(theta - epsilon * z)
                slope, seen = (plus - minus) / (2 * epsilon), seen + [plus, minus]
            else:
                slope, seen = (loss(theta + epsilon * z) - loss(theta)) / epsilon, [loss(theta)]
            gradient += slope * z / case["queries"]
        theta = theta - rate * (gradient + case["weight_decay"] * DECAYS * theta)
        thetas.append([float(f"{v:.9g}") for v in theta])
        losses.append(float(f"{np.mean(seen):.9g}"))
    return {**case, "thetas": thetas, "losses": losses}


dice = np.random.default_rng(20)
d = sum(SIZES)
m = dice.normal(size=(d, d))
hessian = np.round(m.T @ m / d, 3) + 0.25 * np.eye(d)
linear, start = np.round(dice.normal(size=d), 3), np.round(dice.normal(size=d), 3)
common = {"epsilon": 0.125, "learning_rate": 0.01}
print(json.dumps({
    "parameters": [{"path": path, "shape": shape, "role": role} for path, shape, role in PARAMETERS],
    "hessian": [float(f"{v:.9g}") for v in hessian.flatten()], "linear": list(linear), "start": list(start),
    "cases": [train({**case, **common, "seed": 40 + n}, hessian, linear, start) for n, case in enumerate(CASES)],
}))
