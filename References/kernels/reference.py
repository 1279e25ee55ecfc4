"""Rows of a transformer as torch and transformers compute them, in float64 from float32 inputs.

    python reference.py > ../../Packages/Tensor/Tests/TensorCoreTests/Goldens/kernels.json
"""

import json

import torch
from transformers.activations import ACT2FN
from transformers.models.llama.modeling_llama import LlamaRMSNorm, apply_rotary_pos_emb

torch.manual_seed(1)
DOUBLE = torch.float64


def numbers(tensor):
    return [float(v) for v in tensor.flatten()]


def rms_norm():
    x, weight, epsilon = torch.randn(3, 37) * 2, torch.randn(37), 1e-5
    out = torch.nn.functional.rms_norm(x.to(DOUBLE), [37], weight.to(DOUBLE), epsilon)
    layer = LlamaRMSNorm(37, epsilon)
    layer.weight.data = weight
    assert torch.allclose(layer(x).to(DOUBLE), out, atol=1e-5)
    return {"x": numbers(x), "weight": numbers(weight), "epsilon": epsilon, "out": numbers(out)}


def layer_norm():
    x, weight, bias, epsilon = torch.randn(3, 37) * 2 + 3, torch.randn(37), torch.randn(37), 1e-5
    out = torch.nn.functional.layer_norm(x.to(DOUBLE), [37], weight.to(DOUBLE), bias.to(DOUBLE), epsilon)
    return {"x": numbers(x), "weight": numbers(weight), "bias": numbers(bias), "epsilon": epsilon, "out": numbers(out)}


def activations():
    """Those with parameters of their own, and `sqrtsoftplus`, which no model of ours names, are left out."""
    x = torch.cat([torch.randn(40) * 3, torch.tensor([0.0, -0.0, 1e-4, -1e-4, 11.5, -11.5])])
    names = sorted(set(ACT2FN) - {"prelu", "sqrtsoftplus", "xielu"})
    return {name: {"x": numbers(x), "out": numbers(ACT2FN[name](x.to(DOUBLE)))} for name in names}


def silu_multiply():
    gate, up = torch.randn(45) * 4, torch.randn(45)
    return {"x": numbers(gate), "weight": numbers(up), "out": numbers(torch.nn.functional.silu(gate.to(DOUBLE)) * up)}


def rotary():
    """One row of four heads of ten: x, then cosines and sines of its five angles."""
    heads, half = 4, 5
    x, angles = torch.randn(1, heads, 1, 2 * half), torch.rand(half) * 6 - 3
    cosines, sines = angles.cos(), angles.sin()
    both = [torch.cat([v, v]).reshape(1, 1, 2 * half).to(DOUBLE) for v in (cosines, sines)]
    out, _ = apply_rotary_pos_emb(x.to(DOUBLE), x.to(DOUBLE), *both)
    return {"x": numbers(x), "cosines": numbers(cosines), "sines": numbers(sines), "out": numbers(out)}


def log_softmax():
    x = torch.randn(517) * 6
    return {"x": numbers(x), "out": numbers(torch.log_softmax(x.to(DOUBLE), 0))}


def rounding():
    """Bit patterns that torch rounds float32 to: weights' sizes, f16's subnormals, the edge of overflow."""
    x = torch.cat([torch.randn(60), torch.randn(60) * 1e-5, torch.randn(20) * 3e4,
                   torch.tensor([65504.0, 65519.0, 65520.0, 1e-8, 2.0**-25, 1.5 * 2.0**-24, 0.0, -0.0, 3.39e38])])
    return {"x": numbers(x), **{
        name: [int(v) & 0xFFFF for v in x.to(dtype).view(torch.int16)]
        for name, dtype in (("F16", torch.float16), ("BF16", torch.bfloat16))}}


print(json.dumps({f.__name__: f() for f in (
    rms_norm, silu_multiply, rotary, log_softmax, rounding, layer_norm, activations)}))
