"""Losses of small models and their gradients by torch's autograd, through `transformers` and `peft`, in float64.

    python gradients.py --out ../../Packages/Transformer/Tests/TransformersTests/Goldens/model-gradients
    python gradients.py --random 300 --seed 1 --out FILE.json

The first writes chosen variations of every family, the second so many random ones with their gradients in full, and how
far torch's own in float32 are from them; the tests read it where ZEROTH_GRADIENT_GOLDENS names it. Weights are not
written: they are addressed noise, made anew from the configuration (../models/noise_models.py). Texts go through the
model one by one, whole, without any packing.

Of each parameter's gradient g are written ‖g‖, Σ g, Σ g[i] cos i, and g[k (n − 1) / 3] for k of 0 to 3.
"""

import argparse
import base64
import contextlib
import copy
import json
import pathlib
import random

import numpy
import peft
import torch

import cases
from noise_models import build, canonical, weights


@contextlib.contextmanager
def in_double():
    """What `transformers` computes in float32 whatever the model's dtype stays in float64."""
    to, softmax = torch.Tensor.to, torch.nn.functional.softmax

    def wide(x, *arguments, **options):
        if x.dtype is torch.float64 and (torch.float32 in arguments or options.get("dtype") is torch.float32):
            return x
        return to(x, *arguments, **options)

    def wide_softmax(x, dim=None, _stacklevel=3, dtype=None):
        return softmax(x, dim=dim, dtype=None if x.dtype is torch.float64 else dtype)

    torch.Tensor.to, torch.nn.functional.softmax = wide, wide_softmax
    try:
        yield
    finally:
        torch.Tensor.to, torch.nn.functional.softmax = to, softmax


def with_adapter(model, lora, seed):
    """The model with peft's adapter, its tensors being addressed noise too: B as well, so that A gets a gradient."""
    blocks, targets = lora.get("blocks"), lora["targets"]
    if targets == ["all-linear"]:
        # Those of the blocks. peft's own "all-linear" allows no choice of blocks, and takes OPT's projections too.
        linear = {name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
        targets = sorted({name.split(".")[-1] for name in linear if ".layers." in name})
    config = peft.LoraConfig(
        r=lora["rank"], lora_alpha=lora["alpha"], task_type="CAUSAL_LM", target_modules=targets,
        layers_to_transform=list(range(blocks[0], blocks[1] + 1)) if blocks else None)
    model = peft.get_peft_model(model, config).double()
    with torch.no_grad():
        for name, parameter in trainable(model).items():
            parameter.copy_(torch.from_numpy(weights(name, tuple(parameter.shape), seed)))
    return model


def trainable(model):
    """By the names that the project gives: tied ones their table's, an adapter's without what peft puts around them."""
    parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if isinstance(model, peft.PeftModel):
        return {n.removeprefix("base_model.model.").replace(".default.", "."): p for n, p in parameters.items()}
    return {canonical(model, name): p for name, p in parameters.items()}


def log_probabilities(model, tokens, types=None):
    """[T, V], or [1, labels]."""
    arguments = {"token_type_ids": torch.tensor([types])} if types else {}
    output = model(input_ids=torch.tensor([tokens]), **arguments)
    logits = getattr(output, "prediction_logits", getattr(output, "logits", None))
    return logits[0].reshape(-1, logits.shape[-1]).log_softmax(-1)


def candidates(model, kind, request):
    """The log-probabilities of each candidate's scored tokens."""
    if kind == "nextToken":
        result = []
        for number, continuation in enumerate(request["continuations"]):
            text = request["prompt"] + continuation
            scored = request.get("scoredCounts", [len(c) for c in request["continuations"]])[number]
            rows = log_probabilities(model, text[:-1])
            result.append(torch.stack([rows[i - 1, text[i]] for i in range(len(text) - scored, len(text))]))
        return result
    rows = log_probabilities(model, request["tokens"], request.get("tokenTypes"))
    if kind == "label":
        return [rows[0, label:label + 1] for label in range(request["labels"])]
    return [torch.stack([rows[i, t] for i, t in zip(request["blanks"], c)]) for c in request["candidates"]]


def losses(model, kind, requests):
    """Both objectives', in their names in recipes."""
    scored = [(candidates(model, kind, r), r["gold"]) for r in requests]
    gold = torch.cat([c[g] for c, g in scored])
    means = [torch.stack([x.mean() for x in c]) for c, _ in scored]
    chosen = torch.stack([m.log_softmax(0)[g] for m, (_, g) in zip(means, scored)])
    return {"language-model": -gold.mean(), "classification": -chosen.mean()}


def digest(gradient):
    g = gradient.flatten()
    n = len(g)
    numbers = [g.norm(), g.sum(), (g * torch.arange(n, dtype=g.dtype).cos()).sum()] + [g[k * (n - 1) // 3] for k in range(4)]
    return [float(f"{float(v):.7g}") for v in numbers]


def check(model, kind, requests, objective, gradients):
    """Finite differences in float64: would show whatever was computed in less."""
    parameters = trainable(model)
    generator = torch.Generator().manual_seed(1)
    z = {name: torch.randn(p.shape, generator=generator, dtype=torch.float64) for name, p in parameters.items()}
    expected = sum((z[name] * g).sum() for name, g in gradients.items())
    norm = float(sum(g.square().sum() for g in gradients.values()) ** 0.5)
    errors = []
    for h in (1e-6, 1e-7, 1e-8, 1e-5):  # bends of activations may lie between, or much curvature
        def at(step):
            for name, p in parameters.items():
                p.add_(z[name], alpha=step)
            return losses(model, kind, requests)[objective]
        with torch.no_grad():
            found = (at(h) - at(-2 * h)) / (2 * h)
            at(h)
        errors.append(float(abs(found - expected)))
        if errors[-1] <= 1e-6 * max(1, norm):
            return
    raise SystemExit(f"{objective}: the gradient is no gradient: {errors}")


def gradients(model, kind, requests, objective):
    loss = losses(model, kind, requests)[objective]
    parameters = trainable(model)
    found = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    return loss.item(), {name: torch.zeros_like(p) if g is None else g for (name, p), g in zip(parameters.items(), found)}


def case(name, base, changes, seed, dice, full):
    config, lora = cases.description(base, changes)
    dtype = config.get("torch_dtype", "float32")
    model = build(config, seed, dtype).double()
    kind, requests = cases.requests(model, dice)
    result = {
        "name": name, "config": cases.text_of(config), "seed": seed, "dtype": dtype,
        "pooler": bool(getattr(model.base_model, "pooler", None)), "prediction": kind, "requests": requests,
    }
    for module in model.modules():
        # torch leaves out the gradient of the padding token's row, which the loss may well depend on.
        if isinstance(module, torch.nn.Embedding):
            module.padding_idx = None
    if lora:
        model = with_adapter(model, lora, seed)
        result["lora"] = lora
    expected = {}
    for objective in ("language-model", "classification"):
        with in_double():
            loss, found = gradients(model, kind, requests, objective)
            check(model, kind, requests, objective, found)
        expected[objective] = {"loss": loss, "gradients": {n: digest(g) for n, g in found.items()}}
        if full:
            expected[objective]["full"] = {
                n: base64.b64encode(g.numpy().astype("<f4").tobytes()).decode() for n, g in found.items()}
            _, single = gradients(copy.deepcopy(model).float(), kind, requests, objective)
            expected[objective]["float32"] = {n: float((single[n].double() - g).norm()) for n, g in found.items()}
    return {**result, "expected": expected}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--random", type=int, help="so many random models, into one file, with full gradients")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    dice = random.Random(arguments.seed)
    wanted = cases.by_chance(arguments.random, dice) if arguments.random else cases.chosen()
    files = {}
    for family, name, base, changes in wanted:
        title = name if arguments.random else f"{family} {name}"
        files.setdefault(family, []).append(
            case(title, base, changes, dice.randrange(1 << 32), dice, full=bool(arguments.random)))
    for family, found in files.items():
        path = arguments.out if arguments.random else arguments.out / f"{family}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in found) + "\n]\n")


if __name__ == "__main__":
    main()
