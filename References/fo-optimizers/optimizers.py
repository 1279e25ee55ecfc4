"""Ten steps of torch's SGD, Adam and AdamW on a small LLaMA, in float64.

    python optimizers.py > ../../Packages/Transformer/Tests/TransformersTests/Goldens/fo-optimizers.json

The model's weights are addressed noise (../models/noise_models.py), its losses those of ../model-gradients. A step's
loss is the mean over the terms of all its batches: tokens, or examples. Norms and biases do not decay. Rates are those
of docs/recipe.md's schedules, set before each step.

Of each parameter is written how far it came, θ₁₀ − θ₀, as ../model-gradients writes gradients.
"""

import json
import math
import pathlib
import random
import sys

import torch

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "model-gradients"))
from cases import LLAMA, scoring, text_of  # noqa: E402
from gradients import digest, in_double, losses, trainable  # noqa: E402
from noise_models import build  # noqa: E402

CONFIG = {**LLAMA, "attention_bias": True, "mlp_bias": True}
SEED, STEPS = 11, 10

RUNS = {
    "sgd": {"optimizer": "fo-sgd", "objective": "language-model", "rate": 0.05},
    "sgd momentum, coupled decay": {
        "optimizer": "fo-sgd", "objective": "classification", "rate": 0.02, "momentum": 0.9, "decay": 0.05,
        "shape": "cosine", "warmup": 2},
    "adam, coupled decay": {
        "optimizer": "fo-adam", "objective": "language-model", "rate": 3e-3, "beta1": 0.8, "beta2": 0.99,
        "decay": 0.1},
    "adamw, clipped, schedule, accumulation": {
        "optimizer": "fo-adamw", "objective": "language-model", "rate": 5e-3, "decay": 0.3, "clip": 0.5,
        "shape": "linear", "warmup": 3, "batches": 2},
    "adamw, amsgrad, accumulation": {
        "optimizer": "fo-adamw", "objective": "classification", "rate": 5e-3, "decay": 0.01, "amsgrad": True,
        "epsilon": 1e-3, "batches": 2},
}


def rate(run, step):
    """As TuningCore's LearningRateSchedule."""
    peak, warmup = run["rate"], run.get("warmup", 0)
    if step < warmup:
        return peak * (step + 1) / warmup
    share = (step - warmup) / (STEPS - warmup)
    shapes = {"constant": 1, "linear": 1 - share, "cosine": (1 + math.cos(math.pi * share)) / 2}
    return peak * shapes[run.get("shape", "constant")]


def optimizer(run, parameters):
    still = [p for name, p in parameters.items() if "norm" in name or name.endswith(".bias")]
    decaying = [p for name, p in parameters.items() if "norm" not in name and not name.endswith(".bias")]
    decay = run.get("decay", 0.0)
    groups = [{"params": decaying, "weight_decay": decay}, {"params": still, "weight_decay": 0.0}]
    if run["optimizer"] == "fo-sgd":
        return torch.optim.SGD(groups, lr=1.0, momentum=run.get("momentum", 0.0))
    kind = {"fo-adam": torch.optim.Adam, "fo-adamw": torch.optim.AdamW}[run["optimizer"]]
    return kind(groups, lr=1.0, betas=(run.get("beta1", 0.9), run.get("beta2", 0.999)),
                eps=run.get("epsilon", 1e-8), amsgrad=run.get("amsgrad", False))


def weight(objective, requests):
    """How many terms a batch's loss is the mean of."""
    if objective == "classification":
        return len(requests)
    gold = [(r, r["continuations"][r["gold"]]) for r in requests]
    return sum(r["scoredCounts"][r["gold"]] if "scoredCounts" in r else len(tokens) for r, tokens in gold)


def train(run, dice):
    model = build(CONFIG, SEED).double()
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding):
            module.padding_idx = None
    parameters, objective = trainable(model), run["objective"]
    start = {name: p.detach().clone() for name, p in parameters.items()}
    rule = optimizer(run, parameters)
    batches, found, norms = [], [], []
    for step in range(STEPS):
        # Batches of different numbers of examples and of tokens.
        micro = [scoring(dice, CONFIG["vocab_size"], 12)[:3 - number] for number in range(run.get("batches", 1))]
        weights = [weight(objective, requests) for requests in micro]
        rule.zero_grad()
        loss = 0.0
        for requests, each in zip(micro, weights):
            part = losses(model, "nextToken", requests)[objective] * (each / sum(weights))
            part.backward()
            loss += part.item()
        norms.append(torch.nn.utils.clip_grad_norm_(list(parameters.values()), run.get("clip", math.inf)).item())
        for group in rule.param_groups:
            group["lr"] = rate(run, step)
        rule.step()
        batches.append(micro)
        found.append(loss)
    assert sum(n > run.get("clip", math.inf) for n in norms) >= (8 if "clip" in run else 0), norms
    return {"batches": batches, "losses": found, "norms": norms,
            "moved": {name: digest((p - start[name]).detach()) for name, p in parameters.items()}}


def main():
    torch.set_num_threads(1)
    dice = random.Random(5)
    model = {"name": "fo-optimizers", "config": text_of(CONFIG), "seed": SEED, "dtype": "float32", "pooler": False}
    with in_double():
        runs = [{"name": name, "steps": STEPS, **run, **train(run, dice)} for name, run in RUNS.items()]
    print(json.dumps([{**model, "runs": runs}], separators=(",", ":")))


if __name__ == "__main__":
    main()
