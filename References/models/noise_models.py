"""Small models whose weights are addressed noise, and what `transformers` computes of them.

Nobody needs the weights: element i of the parameter named p is the noise of docs/noise.md at (seed, p, i), scaled by
what p is, so a test makes them anew from the configuration. A wrong name is a wrong number.
"""

import base64
import json
import pathlib
import sys
import tempfile

import numpy
import torch
import transformers

sys.path.append(str(pathlib.Path(__file__).parent.parent / "noise"))
import reference as noise  # noqa: E402


def canonical(model, name):
    """The name that a model with a head would give: models without one leave out the prefix. Tied, the table's."""
    if model.config.tie_word_embeddings:
        name = (model._tied_weights_keys or {}).get(name, name)
    prefix = type(model).base_model_prefix + "."
    heads = ("lm_head.", "cls.", "classifier.")
    return name if name.startswith((prefix, *heads)) else prefix + name


def weights(name, shape, seed):
    """Norms about 1, biases about 0, matrices that keep their input's size: mistakes anywhere show in the end."""
    z = noise.gaussian(seed, noise.path_hash(name), 0, int(numpy.prod(shape))).reshape(shape)
    if len(shape) == 1:
        return numpy.float32(1) + numpy.float32(0.3) * z if name.endswith(".weight") else numpy.float32(0.3) * z
    return numpy.float32(1.2) / numpy.sqrt(numpy.float32(shape[-1])) * z


def build(config, seed, dtype="float32"):
    """The model of a config.json, read as anyone would read it, in float32 with weights of `dtype`."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "config.json").write_text(json.dumps(config))
        parsed = transformers.AutoConfig.from_pretrained(folder)
    cls = getattr(transformers, config["architectures"][0])
    parsed._attn_implementation = "eager"
    options = {} if config.get("pooler", True) else {"add_pooling_layer": False}
    model = cls(parsed, **options).float().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = torch.from_numpy(weights(canonical(model, name), tuple(parameter.shape), seed))
            parameter.copy_(values.to(getattr(torch, dtype)).float())
    return model


def text(numbers):
    """Float32 numbers as base64 of their bytes, little-endian."""
    return base64.b64encode(numbers.detach().numpy().astype("<f4").tobytes()).decode()


def positions(model, mask):
    """As generate() derives them; models that derive their own are given none."""
    if model.config.model_type in ("opt", "bert", "roberta", "xlm-roberta", "camembert"):
        return {}
    return {"position_ids": (mask.cumsum(-1) - 1).masked_fill(mask == 0, 1)}


def base(model):
    return model.base_model


def expected_padded(model, random, longest, types):
    """Rows of several lengths, padding on one or both sides; final hidden states of what is text."""
    vocabulary, width = model.config.vocab_size, min(longest, 9)
    lengths = [width, random.randint(1, width), random.randint(1, width)]
    pad = model.config.pad_token_id
    # One in three holds something else in place of padding: some models look at ids, some at the mask.
    fill = pad if pad is not None and random.random() < 0.67 else random.randrange(vocabulary)
    side = random.choice(["left", "right", "either"])
    ids, mask = [], []
    for length in lengths:
        rest = width - length
        left = {"left": rest, "right": 0, "either": random.randint(0, rest)}[side]
        line = [random.randrange(vocabulary) for _ in range(length)]
        ids.append([fill] * left + line + [fill] * (rest - left))
        mask.append([0] * left + [1] * length + [0] * (rest - left))
    case = {"ids": ids, "mask": mask}
    arguments = {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}
    if types > 1:
        case["types"] = [[random.randrange(types) for _ in range(width)] for _ in ids]
        arguments["token_type_ids"] = torch.tensor(case["types"])
    hidden = base(model)(**arguments, **positions(model, torch.tensor(mask))).last_hidden_state
    case["hidden"] = text(hidden[torch.tensor(mask) == 1])
    return case


def expected_generation(model, ids, random, longest):
    """Greedy tokens: some, or up to the end of what the model can read and one more."""
    prompt = ids[:max(1, len(ids) // 2)]
    room = longest - len(prompt) + 1
    new = room if random.random() < 0.5 and room <= 40 else min(12, room)
    model.generation_config = transformers.GenerationConfig(pad_token_id=0, eos_token_id=None)
    tokens = torch.tensor([prompt])
    # The cache of 5.23 keeps everything for a window of one: it cuts at minus zero.
    cached = getattr(model.config, "sliding_window", None) != 1
    found = model.generate(tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=new, do_sample=False,
                           use_cache=cached)
    return {"prompt": prompt, "generated": found[0, len(prompt):].tolist(), "reachesEnd": new == room}


@torch.no_grad()
def case(name, config, seed, random, dtype="float32", length=9):
    """What is expected of the model of `config`, whose config.json goes along word for word."""
    model = build(config, seed, dtype)
    written = {k: v for k, v in config.items() if k != "pooler"}
    longest = config["max_position_embeddings"]
    if config["model_type"] in ("roberta", "xlm-roberta", "camembert"):
        longest -= model.config.pad_token_id + 1
    length = min(length, longest)
    vocabulary, types = model.config.vocab_size, getattr(model.config, "type_vocab_size", 1)
    ids = [random.randrange(vocabulary) for _ in range(length)]
    result = {
        "name": name, "config": json.dumps(written), "seed": seed, "dtype": dtype, "ids": ids,
        "pooler": bool(getattr(base(model), "pooler", None)),
    }
    arguments = {"input_ids": torch.tensor([ids])}
    if types > 1:
        result["types"] = [random.randrange(types) for _ in ids]
        arguments["token_type_ids"] = torch.tensor([result["types"]])
    states = base(model)(**arguments)
    result["hidden"] = text(states.last_hidden_state[0])
    # Who reads no pooled vector has its pooler, if any, as a left-over.
    if getattr(states, "pooler_output", None) is not None and not type(model).__name__.endswith("PreTraining"):
        result["pooled"] = text(states.pooler_output[0])
    output = model(**arguments)
    logits = getattr(output, "prediction_logits", getattr(output, "logits", None))
    if logits is not None:
        result["logits"] = text(logits[0])
    if type(model).__name__.endswith("ForCausalLM"):
        result["generation"] = expected_generation(model, ids, random, longest)
    result["padded"] = expected_padded(model, random, longest, types)
    return result
