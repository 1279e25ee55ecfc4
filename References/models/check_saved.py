"""Checks that `transformers` loads the folders that Packages/Transformer saved, with what is expected of them.

    ZEROTH_SAVED_MODELS=FOLDER swift test --filter FamilyGoldenTests      # in Packages/Transformer
    python check_saved.py FOLDER GOLDENS.json...

Every folder is loaded by the class that its config.json names, without a missing or unexpected tensor, and must give the
golden's hidden states and logits within 1e-5 of the greatest, or of 1 where that is less.
"""

import base64
import json
import pathlib
import sys

import numpy
import torch
import transformers

transformers.logging.set_verbosity_error()


def numbers(text):
    return torch.from_numpy(numpy.frombuffer(base64.b64decode(text), "<f4").copy())


@torch.no_grad()
def worst(folder, case):
    config = json.loads((folder / "config.json").read_text())
    cls = getattr(transformers, config["architectures"][0])
    options = {} if case["pooler"] or not config["architectures"][0].endswith("Model") else {"add_pooling_layer": False}
    model, info = cls.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True, attn_implementation="eager", **options)
    # An untied masked-LM head has a bias that nothing reads.
    missing = {name for name in info["missing_keys"] if name not in ("cls.predictions.bias", "lm_head.bias")}
    assert not missing and not info["unexpected_keys"] and not info["mismatched_keys"], (folder, info)
    arguments = {"input_ids": torch.tensor([case["ids"]])}
    if "types" in case:
        arguments["token_type_ids"] = torch.tensor([case["types"]])
    model.eval()
    deltas = []
    for key, found in (("hidden", model.base_model(**arguments).last_hidden_state),
                       ("logits", getattr(model(**arguments), "logits", None))):
        if key in case:
            wanted = numbers(case[key])
            deltas.append(((found.flatten() - wanted).abs().max() / max(1, wanted.abs().max())).item())
    return max(deltas)


def main():
    cases = [case for file in sys.argv[2:] for case in json.loads(pathlib.Path(file).read_text())]
    deltas = [worst(pathlib.Path(sys.argv[1], case["name"]), case) for case in cases]
    print(f"transformers {transformers.__version__}: {len(deltas)} folders, max|delta| = {max(deltas)} of the greatest")
    sys.exit(max(deltas) > 1e-5)


main()
