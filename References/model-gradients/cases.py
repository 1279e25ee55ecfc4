"""Small models of every family, and what is asked of each: texts by chance, of several lengths, prompts shared."""

import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent.parent / "models"))
from make_goldens import BERT, CASES, LLAMA, MINISTRAL, MISTRAL, OPT, QWEN2, ROBERTA, SEED_OSS, random_change  # noqa: E402,F401

# Operations have goldens of their own, with every activation.
ACTIVATIONS = ["gelu_10", "laplace", "relu2", "silu"]
LLAMA3 = {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 8}
MORE = {
    "opt": {
        "pre norm, projections": (OPT, {"word_embed_proj_dim": 5, "num_hidden_layers": 3}),
        "post norm, projections, no bias": (OPT, {
            "do_layer_norm_before": False, "word_embed_proj_dim": 15, "enable_bias": False, "tie_word_embeddings": False,
            "num_hidden_layers": 1}),
        "lora": (OPT, {"_lora": {"rank": 3, "alpha": 6.0, "targets": ["q_proj", "v_proj", "fc1"]}}),
        "350m, lora of the last block": (OPT, {
            "do_layer_norm_before": False, "word_embed_proj_dim": 7, "num_hidden_layers": 3,
            "_lora": {"rank": 2, "alpha": 5.0, "targets": ["all-linear"], "blocks": [2, 2]}}),
    },
    "llama": {
        "plain": (LLAMA, {}),
        "tied": (LLAMA, {"tie_word_embeddings": True, "num_hidden_layers": 3}),
        "biases": (LLAMA, {"attention_bias": True, "mlp_bias": True, "num_hidden_layers": 1}),
        "one head, one layer": (LLAMA, {
            "num_attention_heads": 1, "num_key_value_heads": 1, "num_hidden_layers": 1, "hidden_size": 2,
            "intermediate_size": 1}),
        "one group, wide heads, llama3": (LLAMA, {
            "num_key_value_heads": 1, "head_dim": 8, "rope_scaling": LLAMA3, "rope_theta": 500.0}),
        "lora": (LLAMA, {"_lora": {"rank": 2, "alpha": 8.0, "targets": ["q_proj", "v_proj"]}}),
        "lora of every layer, tied, bfloat16": (LLAMA, {
            "tie_word_embeddings": True, "torch_dtype": "bfloat16",
            "_lora": {"rank": 1, "alpha": 1.0, "targets": ["all-linear"]}}),
        "qwen2, lora of the middle block": (QWEN2, {
            "num_hidden_layers": 3,
            "_lora": {"rank": 3, "alpha": 12.0, "targets": ["k_proj", "o_proj", "down_proj"], "blocks": [1, 1]}}),
    },
    "bert": {}, "roberta": {},
}


def chosen():
    """(file, name, base, changes) of the committed ones. Models without a head have no loss."""
    for family in CASES:
        for name, (base, changes) in {**MORE[family], **CASES[family]}.items():
            headless = {**base, **changes}["architectures"][0].endswith("Model")
            if headless or name.startswith("activation ") and name.split()[1] not in ACTIVATIONS:
                continue
            yield family, name, base, changes


def by_chance(count, dice):
    while count:
        base, changes = random_change(dice)
        if changes.get("architectures", base["architectures"])[0].endswith("Model"):
            continue
        if base["architectures"][0].endswith("CausalLM") and dice.random() < 0.25:
            names = ["q_proj", "k_proj", "v_proj"] + (["fc1", "fc2"] if base is OPT else ["gate_proj", "down_proj"])
            layers = changes["num_hidden_layers"]
            low = dice.randrange(layers)
            changes["_lora"] = {
                "rank": dice.randint(1, 5), "alpha": float(dice.randint(1, 9)),
                "targets": dice.choice([["all-linear"], sorted(dice.sample(names, dice.randint(1, len(names))))]),
                **({"blocks": [low, dice.randrange(low, layers)]} if dice.random() < 0.5 else {})}
        yield "random", f"random {count}, {base['model_type']}", base, changes
        count -= 1


def some(dice, count, below):
    return [dice.randrange(below) for _ in range(count)]


def scoring(dice, vocabulary, longest):
    """Prompts with continuations of several lengths, of which all or the last tokens count; one as long as the model."""
    result = []
    for number in range(3):
        room = longest if number == 0 else dice.randint(2, longest)
        prompt = some(dice, dice.randint(1, room - 1), vocabulary)
        # The last token is predicted and not read.
        lengths = [room - len(prompt) + 1] + [dice.randint(1, room - len(prompt) + 1) for _ in range(dice.randint(0, 2))]
        dice.shuffle(lengths)
        request = {"prompt": prompt, "continuations": [some(dice, n, vocabulary) for n in lengths],
                   "gold": dice.randrange(len(lengths))}
        if number == 1:
            request["scoredCounts"] = [dice.randint(1, n) for n in lengths]
        if number == 2 and min(lengths) > 1:
            # Nothing shared: what comes first is read and not scored.
            request |= {"prompt": [], "scoredCounts": [dice.randint(1, n - 1) for n in lengths]}
        result.append(request)
    return result


def texts(dice, vocabulary, types, longest):
    for number in range(3):
        tokens = some(dice, longest if number == 0 else dice.randint(1, longest), vocabulary)
        # One text says no types: they are 0.
        known = {"tokenTypes": some(dice, len(tokens), types)} if types > 1 and number != 1 else {}
        yield {"tokens": tokens, **known}


def cloze(dice, vocabulary, types, longest):
    result = []
    for text in texts(dice, vocabulary, types, longest):
        blanks = sorted(dice.sample(range(len(text["tokens"])), min(len(text["tokens"]), dice.randint(1, 3))))
        count = dice.randint(1, 3)
        result.append({**text, "blanks": blanks, "candidates": [some(dice, len(blanks), vocabulary) for _ in range(count)],
                       "gold": dice.randrange(count)})
    return result


def labelled(dice, vocabulary, types, labels, longest):
    return [{**text, "labels": labels, "gold": dice.randrange(labels)} for text in texts(dice, vocabulary, types, longest)]


def requests(model, dice):
    """What a batch of the model's kind asks."""
    config = model.config
    longest, types = config.max_position_embeddings, getattr(config, "type_vocab_size", 1)
    if config.model_type in ("roberta", "xlm-roberta", "camembert"):
        longest -= config.pad_token_id + 1
    kind = type(model).__name__
    if kind.endswith("ForCausalLM"):
        return "nextToken", scoring(dice, config.vocab_size, longest)
    if kind.endswith("ForSequenceClassification"):
        return "label", labelled(dice, config.vocab_size, types, config.num_labels, longest)
    return "maskedToken", cloze(dice, config.vocab_size, types, longest)


def description(base, changes):
    """config.json, and the adapter."""
    config = {k: v for k, v in {**base, **changes}.items() if v is not ...}
    config.pop("length", None)
    return config, config.pop("_lora", None)


def text_of(config):
    return json.dumps({k: v for k, v in config.items() if k != "pooler"})
