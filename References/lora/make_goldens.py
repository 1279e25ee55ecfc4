"""One linear layer with a LoRA adapter as peft computes, names, merges and describes it.

    python make_goldens.py > ../../Packages/PEFT/Tests/PEFTTests/Goldens/lora.json
"""

import json

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict

torch.manual_seed(3)
RANK, ALPHA, INPUTS, OUTPUTS, ROWS = 2, 6, 6, 5, 3


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj = torch.nn.Linear(INPUTS, OUTPUTS)
        self.o_proj = torch.nn.Linear(OUTPUTS, INPUTS)

    def forward(self, x):
        return self.q_proj(x)


def numbers(tensor):
    return [float(v) for v in tensor.detach().flatten()]


config = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=["q_proj"], task_type="CAUSAL_LM")
block = Block()
base = block.q_proj.weight.detach().clone(), block.q_proj.bias.detach().clone()
# The model's class says how a CAUSAL_LM generates; the adapter is the same without.
model = get_peft_model(block, LoraConfig(**{**config.to_dict(), "task_type": None}))
fresh = get_peft_model_state_dict(model)
a, b = (next(v for k, v in fresh.items() if name in k) for name in ("lora_A", "lora_B"))
start = {"a_bound": float(a.abs().max()) <= INPUTS**-0.5, "b_is_zero": bool((b == 0).all())}

adapter = model.base_model.model.q_proj
with torch.no_grad():
    adapter.lora_A["default"].weight.copy_(torch.randn(RANK, INPUTS))
    adapter.lora_B["default"].weight.copy_(torch.randn(OUTPUTS, RANK))
trained = {k: v.clone() for k, v in get_peft_model_state_dict(model).items()}
x = torch.randn(ROWS, INPUTS)
out = {
    "rank": RANK, "alpha": ALPHA, "inputs": INPUTS, "outputs": OUTPUTS, "fresh": start,
    "weight": numbers(base[0]), "bias": numbers(base[1]),
    "adapter": {name: {"shape": list(v.shape), "values": numbers(v)} for name, v in trained.items()},
    "trainable": sum(p.numel() for p in model.parameters() if p.requires_grad),
    "x": numbers(x), "y": numbers(model.double()(x.double())),
}
merged = model.float().merge_and_unload()
out["merged"] = numbers(merged.q_proj.weight)
keys = ("peft_type", "task_type", "r", "lora_alpha", "lora_dropout", "bias", "fan_in_fan_out", "target_modules",
        "layers_to_transform")
out["configuration"] = {
    k: sorted(v) if isinstance(v, set) else v for k, v in config.to_dict().items() if k in keys and v is not None}
print(json.dumps(out))
