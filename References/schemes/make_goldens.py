"""Virtual tokens and prefixes before a text, as `peft` and `transformers` compute them on the models of References/models.

    G=../../Packages/Transformer/Tests/TransformersTests/Goldens
    python make_goldens.py $G/models/{opt,llama,bert,roberta}.json > $G/schemes.json
    python make_goldens.py --all MODELS.json > FILE.json

The first takes chosen models, the second all of a file (of ../models/make_goldens.py --random); the tests read those
where ZEROTH_MODEL_GOLDENS and ZEROTH_SCHEME_GOLDENS name the two files. Nothing of the weights is written: a prompt is
the noise of docs/noise.md at "prompt_embeddings", a prefix that at "prefix.LAYER.keys" and "prefix.LAYER.values".
"""

import json
import pathlib
import random
import sys

import numpy
import peft
import torch
import transformers

sys.path.append(str(pathlib.Path(__file__).parent.parent / "models"))
from noise_models import build, noise, text  # noqa: E402

CHOSEN = {
    "opt plain", "opt 350m", "opt one head, one layer", "opt bfloat16", "llama mistral",
    "llama mistral, window above the text", "llama mistral, head_dim", "llama ministral", "llama qwen2",
    "llama vicuna", "llama llama, padding", "bert masked", "bert labels", "bert float16", "roberta masked",
    "roberta labels", "roberta labels, padding 5, pairs", "roberta padding in the text", "roberta one head, one layer",
}


ROBERTA = ("roberta", "xlm-roberta", "camembert")


def matrix(path, rows, columns, seed):
    return torch.from_numpy(noise.gaussian(seed, noise.path_hash(path), 0, rows * columns).reshape(rows, columns))


def task(model):
    name = type(model).__name__
    kinds = {"ForCausalLM": "CAUSAL_LM", "ForSequenceClassification": "SEQ_CLS"}
    return next((kinds[k] for k in kinds if name.endswith(k)), "FEATURE_EXTRACTION")


def prompted(model, length, seed):
    width = model.get_input_embeddings().embedding_dim
    config = peft.PromptTuningConfig(task_type=task(model), num_virtual_tokens=length, token_dim=width)
    wrapped = peft.get_peft_model(model, config).eval()
    wrapped.prompt_encoder["default"].embedding.weight.copy_(matrix("prompt_embeddings", length, width, seed))
    return wrapped


def layers_of(model, length, seed):
    """[layers][keys, values], each [length, G·D]."""
    config = model.config
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = heads * (getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
    return heads, [[matrix(f"prefix.{i}.{kind}", length, width, seed) for kind in ("keys", "values")]
                   for i in range(config.num_hidden_layers)]


def prefixed(model, length, seed):
    """Positions go on after the prefix."""
    _, layers = layers_of(model, length, seed)
    wrapped = peft.get_peft_model(model, peft.PrefixTuningConfig(task_type=task(model), num_virtual_tokens=length)).eval()
    whole = torch.cat([part for layer in layers for part in layer], dim=1)
    wrapped.prompt_encoder["default"].embedding.weight.copy_(whole)
    return wrapped


class Unshifted(torch.nn.Module):
    """The prefix as a cache of earlier tokens whose positions do not count: MeZO's."""

    def __init__(self, model, length, seed):
        super().__init__()
        self.model, self.length = model, length
        self.heads, self.layers = layers_of(model, length, seed)

    def forward(self, input_ids, attention_mask):
        cache = transformers.DynamicCache()
        for number, parts in enumerate(self.layers):
            split = [p.reshape(self.length, self.heads, -1).transpose(0, 1)[None] for p in parts]
            cache.update(*split, number)
        count = input_ids.shape[1]
        return self.model(input_ids=input_ids, attention_mask=torch.ones(1, self.length + count, dtype=torch.long),
                          past_key_values=cache, position_ids=self.positions(input_ids[0])[None])

    def positions(self, ids):
        if self.model.config.model_type not in ROBERTA:
            return torch.arange(len(ids))
        padding = self.model.config.pad_token_id
        isText = (ids != padding).long()
        return isText.cumsum(0) * isText + padding


WRAPPERS = {"prompt": prompted, "prefix, shifted": prefixed, "prefix, unshifted": Unshifted}


def logits(model, ids, types=None):
    arguments = {"input_ids": torch.tensor([ids]), "attention_mask": torch.ones(1, len(ids), dtype=torch.long)}
    if types is not None:
        arguments["token_type_ids"] = torch.tensor([types])
    return model(**arguments).logits[0]


@torch.no_grad()
def case(base, scheme, length, dice):
    config = json.loads(base["config"])
    model = build(config, base["seed"], base["dtype"])
    longest = config["max_position_embeddings"]
    if config["model_type"] in ROBERTA:
        longest -= config["pad_token_id"] + 1
    ids = base["ids"][:longest - length]
    out = {"model": base["name"], "scheme": scheme, "length": length, "ids": ids}
    wrapped = WRAPPERS[scheme](model, length, base["seed"])
    types = None
    # For other tasks peft takes no types beside a prompt.
    if "types" in base and task(model) == "SEQ_CLS":
        types = out["types"] = base["types"][:len(ids)]
    found = logits(wrapped, ids, types)
    out["logits"] = text(found[-len(ids):] if found.dim() > 1 else found)
    if type(model).__name__.endswith("ForCausalLM"):
        line = ids[:max(1, len(ids) // 2)]
        out["prompt"], new = list(line), []
        for _ in range(min(6, longest - length - len(line))):
            new.append(int(logits(wrapped, line)[-1].argmax()))
            line = line + [new[-1]]
        out["generated"] = new
    return out


def main():
    every = "--all" in sys.argv
    files = [a for a in sys.argv[1:] if a != "--all"]
    dice, cases = random.Random(7), []
    for file in files:
        for base in json.loads(pathlib.Path(file).read_text()):
            architecture = json.loads(base["config"])["architectures"][0]
            if architecture.endswith(("Model", "ForPreTraining")) or not (every or base["name"] in CHOSEN):
                continue
            for scheme in WRAPPERS:
                # With labels, transformers' models take no keys and values from outside.
                if scheme != "prompt" and architecture.endswith("ForSequenceClassification"):
                    continue
                if every and dice.random() < 0.5:
                    continue
                cases.append(case(base, scheme, dice.randint(1, 7), dice))
    print(json.dumps(cases, separators=(",", ":")))


main()
