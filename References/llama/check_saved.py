"""Checks that `transformers` loads a folder that Packages/Transformer saved, with the logits of the original.

    python check_saved.py ORIGINAL SAVED

ORIGINAL is a Hugging Face folder; both are run in float32 on the same random ids and must agree bit for bit.
"""

import sys

import torch
import transformers


def logits(folder):
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True, attn_implementation="eager")
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    ids = torch.randint(0, model.config.vocab_size, (2, 24), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return model.eval()(ids).logits


original, saved = logits(sys.argv[1]), logits(sys.argv[2])
delta = (original - saved).abs().max().item()
print(f"transformers {transformers.__version__}: {sys.argv[2]}: max|delta| = {delta}")
sys.exit(delta != 0)
