"""Steps of the zeroth-order optimizers in float64, from the papers' formulas, on a quadratic and on a small network.

The directions are those of docs/noise.md, by ../noise/reference.py; nothing here knows of the Swift code.

    python reference.py > ../../Packages/ZOEstimators/Tests/ZOEstimatorsTests/Goldens/zo-optimizers.json
    python reference.py 300 > CASES.json          # as many random cases instead of the chosen ones
"""

import importlib.util
import json
import math
import pathlib
import random
import sys

import numpy as np

source = pathlib.Path(__file__).resolve().parent.parent / "noise" / "reference.py"
spec = importlib.util.spec_from_file_location("noise", source)
noise = importlib.util.module_from_spec(spec)
spec.loader.exec_module(noise)

STEPS = 12
DIRECTION = 1  # the purpose of a direction's seed
PARAMETERS = [("layer.weight", [3, 4], "linear"), ("layer.bias", [3], "bias"), ("norm.weight", [2], "norm")]
SIZES = [math.prod(shape) for _, shape, _ in PARAMETERS]
DECAYS = np.concatenate([np.full(n, float(role == "linear")) for (_, _, role), n in zip(PARAMETERS, SIZES)])
DEFAULTS = {
    "epsilon": 0.0625, "queries": 1, "sides": "two-sided", "law": "gaussian", "weight_decay": 0.0, "coupled_decay": False,
    "momentum": 0.9, "beta1": 0.9, "beta2": 0.999, "adam_epsilon": 1e-8, "amsgrad": False, "sign": "elementwise",
}


def direction(law, seed):
    fill = noise.LAWS["gaussian" if law == "sphere" else law]
    z = np.concatenate([fill(seed, noise.path_hash(path), 0, n) for (path, _, _), n in zip(PARAMETERS, SIZES)])
    z = z.astype(np.float64)
    return z * math.sqrt(len(z)) / np.linalg.norm(z) if law == "sphere" else z


class Quadratic:
    def __init__(self, hessian, linear):
        self.hessian, self.linear = hessian, linear

    def __call__(self, theta):
        return theta @ self.hessian @ theta / 2 + self.linear @ theta


class Network:
    """Mean over rows of (n'h - y)^2 / 2 with h = tanh(W x + b) and n = (1, norm.weight)."""

    def __init__(self, inputs, targets):
        self.inputs, self.targets = inputs, targets

    def __call__(self, theta):
        weight, bias, norm = theta[:12].reshape(3, 4), theta[12:15], theta[15:]
        hidden = np.tanh(self.inputs @ weight.T + bias)
        return np.mean((hidden @ np.concatenate([[1], norm]) - self.targets) ** 2) / 2


def estimate(loss, theta, options, seed, step):
    """Slopes and directions of the queries, and the loss that is told."""
    epsilon, slopes, directions, seen = options["epsilon"], [], [], []
    for query in range(options["queries"]):
        z = direction(options["law"], noise.run_seed(seed, DIRECTION, step, query))
        if options["sides"] == "two-sided":
            plus, minus = loss(theta + epsilon * z), loss(theta - epsilon * z)
            slopes, seen = slopes + [(plus - minus) / (2 * epsilon)], seen + [plus, minus]
        else:
            slopes, seen = slopes + [(loss(theta + epsilon * z) - loss(theta)) / epsilon], [loss(theta)]
        directions.append(z)
    return slopes, directions, np.mean(seen)


class Method:
    def __init__(self, name, options):
        self.name, self.options = name, options
        self.m = self.v = self.greatest = 0.0
        self.choices = []

    def combine(self, slopes, directions):
        return sum(s * z for s, z in zip(slopes, directions)) / len(slopes)

    def step(self, loss, theta, rate, seed, number):
        o = self.options
        slopes, directions, told = estimate(loss, theta, o, seed, number)
        decay, decays = o["weight_decay"], DECAYS
        if self.name == "zo-sgd-cons":
            g = self.combine(slopes, directions)
            here, against, along = loss(theta), loss(theta - rate * g), loss(theta + rate * g)
            if against < here and against <= along:
                choice = -1
            elif along < here:
                choice = 1
            else:
                choice = 0
            self.choices.append(choice)
            return (1 - rate * decay * decays) * theta + choice * rate * g, here
        if self.name == "zo-sgd-sign" and o["sign"] == "scalar":
            slopes = np.sign(slopes)
        g = self.combine(slopes, directions)
        if o["coupled_decay"]:
            g = g + decay * decays * theta
        if self.name == "zo-sgd":
            u = g
        elif self.name == "zo-sgd-sign":
            u = np.sign(g) if o["sign"] == "elementwise" else g
        elif self.name == "zo-sgd-mmt":
            self.m = o["momentum"] * self.m + g
            u = self.m
        elif self.name == "zo-adam":
            t, b1, b2 = number + 1, o["beta1"], o["beta2"]
            self.m = b1 * self.m + (1 - b1) * g
            self.v = b2 * self.v + (1 - b2) * g**2
            self.greatest = np.maximum(self.greatest, self.v)
            second = (self.greatest if o["amsgrad"] else self.v) / (1 - b2**t)
            u = self.m / (1 - b1**t) / (np.sqrt(second) + o["adam_epsilon"])
        if not o["coupled_decay"]:
            theta = (1 - rate * decay * decays) * theta
        return theta - rate * u, told


def rate_at(case, step):
    warmup, fraction = case["warmup"], (step - case["warmup"]) / max(1, STEPS - case["warmup"])
    if step < warmup:
        return case["learning_rate"] * (step + 1) / warmup
    shapes = {"constant": 1, "linear": 1 - fraction, "cosine": (1 + math.cos(math.pi * fraction)) / 2}
    return case["learning_rate"] * shapes[case["schedule"]]


def run(case, functions, start):
    method, theta = Method(case["optimizer"], {**DEFAULTS, **case["options"]}), start
    case = {"schedule": "constant", "warmup": 0, **case}
    thetas, losses = [], []
    for step in range(STEPS):
        theta, told = method.step(functions[case["function"]], theta, rate_at(case, step), case["seed"], step)
        thetas.append([float(f"{v:.8g}") for v in theta])
        losses.append(float(f"{told:.8g}"))
    return {**case, "thetas": thetas, "losses": losses, "choices": method.choices}


OWN = {
    "zo-sgd": [{}],
    "zo-sgd-sign": [{}, {"sign": "scalar"}],
    "zo-sgd-mmt": [{}, {"momentum": 0.5}, {"momentum": 0.0}],
    "zo-sgd-cons": [{}],
    "zo-adam": [{}, {"amsgrad": True, "beta2": 0.5}, {"beta1": 0.5, "beta2": 0.9, "adam_epsilon": 0.01}],
}
RATES = {"zo-sgd": 0.01, "zo-sgd-sign": 0.02, "zo-sgd-mmt": 0.004, "zo-sgd-cons": 0.2, "zo-adam": 0.05}


def chosen():
    shapes = [
        {"function": "quadratic", "options": {}},
        {"function": "quadratic", "schedule": "cosine",
         "options": {"sides": "one-sided", "queries": 3, "weight_decay": 0.5}},
        {"function": "network", "schedule": "linear", "warmup": 3,
         "options": {"law": "sphere", "queries": 3, "weight_decay": 0.5, "coupled_decay": True}},
        {"function": "network", "options": {"law": "rademacher", "sides": "one-sided"}},
        {"function": "network", "schedule": "cosine", "warmup": 1, "options": {"law": "gaussian-fast", "queries": 2}},
    ]
    for name, owns in OWN.items():
        for own in owns:
            for shape in shapes if own == owns[0] else shapes[1:3]:
                yield name, own, shape


def drawn(count):
    dice = random.Random(count)
    for _ in range(count):
        name = dice.choice(list(OWN))
        options = {
            "epsilon": dice.choice([0.25, 0.0625, 0.03125]), "queries": dice.choice([1, 1, 2, 3, 5]),
            "sides": dice.choice(["one-sided", "two-sided"]), "weight_decay": dice.choice([0.0, 0.1, 1.0]),
            "law": dice.choice(["gaussian", "gaussian-fast", "rademacher", "sphere"]),
            "coupled_decay": dice.choice([True, False]),
        }
        own = dict(dice.choice(OWN[name]))
        if name == "zo-adam":
            own = {"beta1": dice.choice([0, 0.5, 0.9, 0.95]), "beta2": dice.choice([0.5, 0.9, 0.99, 0.999, 0.9999]),
                   "adam_epsilon": dice.choice([1e-8, 1e-4, 0.1]), "amsgrad": dice.choice([True, False])}
        if name == "zo-sgd-mmt":
            own = {"momentum": dice.choice([0, 0.3, 0.9, 0.99])}
        yield name, own, {
            "function": dice.choice(["quadratic", "network"]), "options": options, "warmup": dice.randrange(5),
            "schedule": dice.choice(["constant", "linear", "cosine"])}


def cases(source):
    for number, (name, own, shape) in enumerate(source):
        options = {"epsilon": DEFAULTS["epsilon"], **shape["options"], **own}
        if name in ("zo-sgd", "zo-sgd-cons"):
            options.pop("coupled_decay", None)  # their decay is beside the step
        yield {**shape, "optimizer": name, "options": options, "learning_rate": RATES[name], "seed": 60 + number}


dice = np.random.default_rng(21)
d = sum(SIZES)
m = dice.normal(size=(d, d))
hessian = np.round(m.T @ m / d, 3) + 0.25 * np.eye(d)
hessian = (hessian + hessian.T) / 2
linear, start = np.round(dice.normal(size=d), 3), np.round(dice.normal(size=d), 3)
inputs, targets = np.round(dice.normal(size=(5, 4)), 3), np.round(dice.normal(size=5), 3)
functions = {"quadratic": Quadratic(hessian, linear), "network": Network(inputs, targets)}
wanted = drawn(int(sys.argv[1])) if len(sys.argv) > 1 else chosen()
print(json.dumps({
    "parameters": [{"path": path, "shape": shape, "role": role} for path, shape, role in PARAMETERS],
    "hessian": [float(f"{v:.9g}") for v in hessian.flatten()], "linear": list(linear), "start": list(start),
    "inputs": inputs.tolist(), "targets": list(targets),
    "cases": [run(case, functions, start) for case in cases(wanted)],
}))
