"""Gradients of every evaluator operation by torch's autograd, in float64 from float32 numbers.

    python reference.py > ../../Packages/Autodiff/Tests/AutodiffTests/Goldens/operations.json

Each case names its parameters; `out` is the operation's result, `slopes` the gradient that comes back into it, and
`gradients` what reaches each parameter. The names of the cases are those of Tests/AutodiffTests/Operations.swift.
"""

import json

import torch
import torch.nn.functional as F
from transformers.activations import ACT2FN

torch.manual_seed(3)
DOUBLE = torch.float64
ACTIVATIONS = [
    "linear", "relu", "relu2", "relu6", "leaky_relu", "sigmoid", "tanh", "silu", "gelu", "gelu_new", "gelu_10",
    "quick_gelu", "mish", "hardswish", "laplace"]


def case(name, shapes, function, scale=1.0):
    parameters = {path: (torch.randn(*shape) * scale).to(DOUBLE).requires_grad_() for path, shape in shapes.items()}
    out = function(**{path.replace(".", "_"): p for path, p in parameters.items()})
    slopes = torch.randn(out.shape).to(DOUBLE)
    (out * slopes).sum().backward()
    flat = lambda t: [float(f"{v:.9g}") for v in t.detach().flatten()]
    return {
        "name": name, "out": flat(out), "slopes": flat(slopes),
        "parameters": {p: {"shape": list(t.shape), "values": flat(t)} for p, t in parameters.items()},
        "gradients": {p: flat(t.grad if t.grad is not None else torch.zeros_like(t)) for p, t in parameters.items()}}


def attention(x, w_k, w_v, heads, groups, sees, shared=None):
    """x are queries; keys and values are x times their weights, so that all three get gradients. `shared` are keys and
    values that stand before all others, with numbers below 0."""
    rows, d = x.shape[0], x.shape[1] // heads
    q = x.reshape(rows, heads, d).transpose(0, 1)
    k, v = x @ w_k.T, x @ w_v.T
    if shared is not None:
        k, v = (torch.cat(pair) for pair in zip(shared, (k, v)))
    first = rows - len(k)
    k, v = (t.reshape(len(t), groups, d).transpose(0, 1).repeat_interleave(heads // groups, 0) for t in (k, v))
    mask = torch.tensor([[sees(i, j) for j in range(first, rows)] for i in range(rows)])
    p = (q @ k.transpose(1, 2) / d**0.5).masked_fill(~mask, -torch.inf).softmax(-1)
    return (p @ v).transpose(0, 1).reshape(rows, heads * d)


def rotary(x):
    heads, half = 2, 3
    cosines, sines = (f(torch.arange(5)[:, None] * torch.tensor([1.0, 0.25, 0.0625])[None]).to(DOUBLE)
                      for f in (torch.cos, torch.sin))
    x = x.reshape(5, heads, 2, half)
    a, b = x[:, :, 0], x[:, :, 1]
    c, s = cosines[:, None], sines[:, None]
    return torch.stack([a * c - b * s, b * c + a * s], 2).reshape(5, 12)


def segments(layout):
    """`layout`: (first row, end, prefix or None); the rows that a row sees."""
    def sees(i, j, window=10**9):
        first, end, prefix = next(s for s in layout if s[0] <= i < s[1])
        shared = layout[prefix] if prefix is not None else (0, 0, None)
        position = lambda row: (
            row if row < 0 else row - first + shared[1] - shared[0] if first <= row < end else row - shared[0])
        seen = first <= j <= i or shared[0] <= j < shared[1] or j < 0
        return bool(seen and position(i) - position(j) < window)
    return sees


LAYOUT = [(0, 4, None), (4, 6, 0), (6, 9, 0), (9, 10, None), (10, 13, None)]
causal = segments(LAYOUT)
both = lambda i, j: j < 0 or any(a <= i < b and a <= j < b for a, b, _ in LAYOUT)
TOKENS, TARGETS = [2, 0, 2, 4, 1], [(0, 3), (2, 0), (0, 10), (4, 5), (2, 0)]
HEADS = {"x": (13, 24), "w_k": (12, 24), "w_v": (12, 24)}
SHARED = {**HEADS, "k": (3, 12), "v": (3, 12)}

cases = [
    case("embedding", {"table": (5, 7)}, lambda table: table[TOKENS]),
    case("gather", {"x": (5, 7)}, lambda x: x[[4, 0, 4]]),
    case("add", {"x": (5, 7), "y": (5, 7)}, lambda x, y: x - 0.375 * y),
    case("add_self", {"x": (5, 7)}, lambda x: x + x),
    case("linear", {"x": (5, 7), "w": (6, 7), "b": (6,)}, lambda x, w, b: x @ w.T + b),
    case("linear_wide", {"x": (3, 5), "w": (300, 5)}, lambda x, w: x @ w.T),
    case("rms_norm", {"x": (4, 9), "w": (9,)}, lambda x, w: F.rms_norm(x, [9], w, 1e-3)),
    case("layer_norm", {"x": (4, 9), "w": (9,), "b": (9,)}, lambda x, w, b: F.layer_norm(x, [9], w, b, 1e-3)),
    case("layer_norm_plain", {"x": (4, 9)}, lambda x: F.layer_norm(x, [9], eps=1e-3)),
    case("rotary", {"x": (5, 12)}, rotary),
    case("attention_causal", HEADS, lambda x, w_k, w_v: attention(x, w_k, w_v, 4, 2, causal), 0.5),
    case("attention_window", HEADS, lambda x, w_k, w_v: attention(
        x, w_k, w_v, 4, 2, lambda i, j: causal(i, j, 3)), 0.5),
    case("attention_both", HEADS, lambda x, w_k, w_v: attention(x, w_k, w_v, 4, 2, both), 0.5),
    case("concatenate", {"x": (3, 7), "y": (2, 7)}, lambda x, y: torch.cat([x, y])),
    case("attention_shared_causal", SHARED, lambda x, w_k, w_v, k, v: attention(
        x, w_k, w_v, 4, 2, causal, (k, v)), 0.5),
    case("attention_shared_window", SHARED, lambda x, w_k, w_v, k, v: attention(
        x, w_k, w_v, 4, 2, lambda i, j: causal(i, j, 4), (k, v)), 0.5),
    case("attention_shared_both", SHARED, lambda x, w_k, w_v, k, v: attention(
        x, w_k, w_v, 4, 2, both, (k, v)), 0.5),
    case("log_probabilities", {"x": (5, 7), "w": (11, 7), "b": (11,)},
         lambda x, w, b: torch.stack([(x @ w.T + b).log_softmax(-1)[r, t] for r, t in TARGETS])[:, None]),
    case("log_probabilities_wide", {"x": (5, 2), "w": (4200, 2)},
         lambda x, w: torch.stack([(x @ w.T).log_softmax(-1)[r, t + 4096] for r, t in TARGETS])[:, None], 0.25),
]
for name in ACTIVATIONS:
    cases.append(case(f"activation:{name}", {"x": (3, 13)}, lambda x, f=ACT2FN[name]: f(x), 2.0))
    cases.append(case(f"gated:{name}", {"x": (3, 13), "y": (3, 13)}, lambda x, y, f=ACT2FN[name]: f(x) * y, 2.0))
cases.append(case("linear_row", {"x": (1, 7), "w": (6, 7), "b": (6,)}, lambda x, w, b: x @ w.T + b))
print(json.dumps(cases, separators=(",", ":")))
