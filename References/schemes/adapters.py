"""Adapters that `peft` saves for Models/stories260K with the logits that it computes, and a check of adapters made here.

    python adapters.py ../../Models/stories260K ../../Tests/ZerothTests/Goldens/adapters
    python adapters.py --check ../../Models/stories260K ADAPTER LOGITS.json

The second takes what `zeroth logits --model M --adapter ADAPTER` (or `--run`) wrote for {"ids": [1, 403, 407, 261, 378]}
and compares it with peft's logits of the same folder.
"""

import json
import pathlib
import sys

import peft
import torch
import transformers

IDS = [1, 403, 407, 261, 378]
ADAPTERS = {
    "lora": peft.LoraConfig(r=2, lora_alpha=6, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"),
    "rslora": peft.LoraConfig(r=3, lora_alpha=2, target_modules=["o_proj", "down_proj"], layers_to_transform=[1, 2],
                              use_rslora=True, task_type="CAUSAL_LM"),
    "prompt": peft.PromptTuningConfig(num_virtual_tokens=3, task_type="CAUSAL_LM"),
    "prefix": peft.PrefixTuningConfig(num_virtual_tokens=2, task_type="CAUSAL_LM"),
}


def base(folder):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")


def logits(model):
    found = model(input_ids=torch.tensor([IDS]), attention_mask=torch.ones(1, len(IDS), dtype=torch.long)).logits[0]
    return found[-len(IDS):]


@torch.no_grad()
def make(model, out):
    torch.manual_seed(5)
    expected = {"ids": IDS}
    for name, config in ADAPTERS.items():
        wrapped = peft.get_peft_model(base(model), config).eval()
        for parameter in wrapped.parameters():
            if parameter.requires_grad:
                parameter.copy_(torch.randn(parameter.shape) * (0.3 if "lora" in name else 1))
        wrapped.save_pretrained(out / name)
        (out / name / "README.md").unlink(missing_ok=True)
        configuration = json.loads((out / name / "adapter_config.json").read_text())
        configuration["base_model_name_or_path"] = "stories260K"
        (out / name / "adapter_config.json").write_text(json.dumps(configuration, indent=1, sort_keys=True) + "\n")
        # Two positions of five.
        expected[name] = [[float(f"{v:.7g}") for v in logits(wrapped)[row]] for row in (1, 4)]
    (out / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


@torch.no_grad()
def check(model, adapter, answer):
    theirs = logits(peft.PeftModel.from_pretrained(base(model), adapter).eval())
    ours = torch.tensor(json.loads(pathlib.Path(answer).read_text())["logits"])
    plain = logits(base(model))
    delta, change = (ours - theirs).abs().max().item(), (plain - theirs).abs().max().item()
    print(f"{adapter}: max|delta| = {delta} of {theirs.abs().max().item()}; the adapter changes {change}")
    sys.exit(not (delta <= 1e-5 * max(1, theirs.abs().max().item()) and change > 1e-4))


if sys.argv[1] == "--check":
    check(*sys.argv[2:])
else:
    make(sys.argv[1], pathlib.Path(sys.argv[2]))
