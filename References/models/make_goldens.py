"""Makes the goldens of the model families: small random models with what `transformers` computes of them.

    pip install -r requirements.txt
    python make_goldens.py --out ../../Packages/Transformer/Tests/TransformersTests/Goldens/models
    python make_goldens.py --random 240 --seed 1 --out FILE.json

The first writes chosen variations of every family, the second so many random ones into one file, which the tests read
where ZEROTH_MODEL_GOLDENS names it. Weights are not written: see noise_models.py.
"""

import argparse
import json
import pathlib
import random

import gguf
import numpy
import torch

from noise_models import build, case

ACTIVATIONS = [
    "relu", "gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_10", "quick_gelu", "silu", "swish", "relu2",
    "relu6", "leaky_relu", "sigmoid", "tanh", "mish", "hardswish", "laplace", "linear",
]

OPT = {
    "architectures": ["OPTForCausalLM"], "model_type": "opt", "vocab_size": 19, "hidden_size": 12, "ffn_dim": 21,
    "num_hidden_layers": 2, "num_attention_heads": 3, "max_position_embeddings": 20, "pad_token_id": 1,
    "bos_token_id": 2, "eos_token_id": 2,
}
LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 19, "hidden_size": 12,
    "intermediate_size": 21, "num_hidden_layers": 2, "num_attention_heads": 6, "num_key_value_heads": 2,
    "max_position_embeddings": 20, "rms_norm_eps": 1e-5, "bos_token_id": 1, "eos_token_id": 2,
    "tie_word_embeddings": False,
}
MISTRAL = {**LLAMA, "architectures": ["MistralForCausalLM"], "model_type": "mistral", "sliding_window": 4}
MINISTRAL = {**MISTRAL, "architectures": ["MinistralForCausalLM"], "model_type": "ministral", "head_dim": 2}
QWEN2 = {**LLAMA, "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2"}
SEED_OSS = {**LLAMA, "architectures": ["SeedOssForCausalLM"], "model_type": "seed_oss", "head_dim": 4}
BERT = {
    "architectures": ["BertForMaskedLM"], "model_type": "bert", "vocab_size": 19, "hidden_size": 12,
    "intermediate_size": 21, "num_hidden_layers": 2, "num_attention_heads": 3, "max_position_embeddings": 16,
    "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "pad_token_id": 0,
}
ROBERTA = {
    **BERT, "architectures": ["RobertaForMaskedLM"], "model_type": "roberta", "pad_token_id": 1, "type_vocab_size": 1,
    "max_position_embeddings": 18, "layer_norm_eps": 1e-5, "bos_token_id": 0, "eos_token_id": 2,
}
ONE = {"num_attention_heads": 1, "num_hidden_layers": 1}

CASES = {
    "opt": {
        "plain": (OPT, {}),
        "350m": (OPT, {"do_layer_norm_before": False, "word_embed_proj_dim": 7}),
        "350m untied": (OPT, {"do_layer_norm_before": False, "word_embed_proj_dim": 7, "tie_word_embeddings": False}),
        "wide embeddings": (OPT, {"word_embed_proj_dim": 17, "num_hidden_layers": 1}),
        "no final norm": (OPT, {"_remove_final_layer_norm": True}),
        "no bias": (OPT, {"enable_bias": False}),
        "norms without parameters": (OPT, {"layer_norm_elementwise_affine": False, "activation_function": "gelu"}),
        "one head, one layer": (OPT, {**ONE, "hidden_size": 7}),
        "untied float16": (OPT, {"tie_word_embeddings": False, "torch_dtype": "float16"}),
        "bfloat16": (OPT, {"torch_dtype": "bfloat16", "pad_token_id": 0}),
        "one token": (OPT, {"length": 1, "num_hidden_layers": 1}),
        "full length": (OPT, {"length": 20, "num_hidden_layers": 1}),
        **{f"activation {name}": (OPT, {"activation_function": name, "num_hidden_layers": 1, "vocab_size": 5})
           for name in ACTIVATIONS},
    },
    "llama": {
        "mistral": (MISTRAL, {}),
        "mistral, window above the text": (MISTRAL, {"sliding_window": 4096, "num_hidden_layers": 1}),
        "mistral, window of one": (MISTRAL, {"sliding_window": 1, "num_hidden_layers": 1}),
        "mistral, no window": (MISTRAL, {"sliding_window": None, "num_hidden_layers": 1}),
        "mistral, head_dim": (MISTRAL, {"head_dim": 6, "num_attention_heads": 2, "num_key_value_heads": 1, "sliding_window": 3}),
        "mistral, default groups": (MISTRAL, {
            "hidden_size": 32, "num_attention_heads": 16, "num_key_value_heads": ..., "sliding_window": ...,
            "num_hidden_layers": 1}),
        "mistral, a group a head": (MISTRAL, {"num_key_value_heads": 6, "num_hidden_layers": 1, "torch_dtype": "bfloat16"}),
        "mistral, full length": (MISTRAL, {"length": 20, "tie_word_embeddings": True, "torch_dtype": "float16"}),
        "ministral": (MINISTRAL, {"layer_types": ["full_attention", "sliding_attention"], "sliding_window": 2}),
        "ministral, all windows": (MINISTRAL, {"num_hidden_layers": 1}),
        "qwen2": (QWEN2, {}),
        "qwen2, window from a layer on": (QWEN2, {"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1}),
        "qwen2, layer types": (QWEN2, {
            "use_sliding_window": True, "sliding_window": 3, "tie_word_embeddings": True,
            "layer_types": ["sliding_attention", "full_attention"]}),
        "qwen2, window not in use": (QWEN2, {"sliding_window": 2, "num_hidden_layers": 1, "head_dim": 4}),
        "seed_oss": (SEED_OSS, {"num_hidden_layers": 1}),
        "seed_oss, biases": (SEED_OSS, {"attention_out_bias": True, "attention_bias": False, "mlp_bias": True}),
        "vicuna": (LLAMA, {
            "_name_or_path": "vicuna-7b-v1.5", "num_key_value_heads": None, "pretraining_tp": 1, "pad_token_id": 0,
            "transformers_version": "4.28.1", "use_cache": True, "initializer_range": 0.02, "torch_dtype": "float16",
            "rope_scaling": {"factor": 8.0, "type": "linear"}}),
        "llama, gelu": (LLAMA, {"hidden_act": "gelu", "num_hidden_layers": 1}),
        "llama, relu": (LLAMA, {"hidden_act": "relu", "num_hidden_layers": 1, "length": 1}),
        "llama, padding": (LLAMA, {"pad_token_id": 0, "tie_word_embeddings": True}),
    },
    "bert": {
        "masked": (BERT, {}),
        "masked, untied": (BERT, {"tie_word_embeddings": False, "num_hidden_layers": 1}),
        "masked, relu": (BERT, {"hidden_act": "relu", "num_hidden_layers": 1, "layer_norm_eps": 1e-3}),
        "pre-training": (BERT, {"architectures": ["BertForPreTraining"], "num_hidden_layers": 1}),
        "base": (BERT, {"architectures": ["BertModel"]}),
        "base without pooler": (BERT, {"architectures": ["BertModel"], "pooler": False, "num_hidden_layers": 1}),
        "labels": (BERT, {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "a", "1": "b", "2": "c"},
                          "label2id": {"a": 0, "b": 1, "c": 2}}),
        "one head, one layer, one label": (BERT, {
            **ONE, "architectures": ["BertForSequenceClassification"], "id2label": {"0": "x"}, "label2id": {"x": 0},
            "hidden_size": 7, "type_vocab_size": 3}),
        "one token": (BERT, {"length": 1, "num_hidden_layers": 1, "hidden_act": "gelu_new"}),
        "full length": (BERT, {"length": 16, "num_hidden_layers": 1, "torch_dtype": "bfloat16"}),
        "float16": (BERT, {"torch_dtype": "float16", "type_vocab_size": 1}),
    },
    "roberta": {
        "masked": (ROBERTA, {}),
        "masked, untied": (ROBERTA, {"tie_word_embeddings": False, "num_hidden_layers": 1}),
        "masked, relu": (ROBERTA, {"hidden_act": "relu", "num_hidden_layers": 1}),
        "base": (ROBERTA, {"architectures": ["RobertaModel"], "pad_token_id": 0}),
        "base without pooler": (ROBERTA, {"architectures": ["RobertaModel"], "pooler": False, "num_hidden_layers": 1}),
        "labels": (ROBERTA, {"architectures": ["RobertaForSequenceClassification"]}),
        "labels, padding 5, pairs": (ROBERTA, {
            "architectures": ["RobertaForSequenceClassification"], "num_labels": 4, "pad_token_id": 5, "type_vocab_size": 2,
            "num_hidden_layers": 1}),
        "one head, one layer": (ROBERTA, {**ONE, "hidden_size": 5, "vocab_size": 3}),
        "padding in the text": (ROBERTA, {"vocab_size": 3, "num_hidden_layers": 1}),
        "one token": (ROBERTA, {"length": 1, "num_hidden_layers": 1}),
        "full length": (ROBERTA, {"length": 16, "num_hidden_layers": 1, "torch_dtype": "bfloat16"}),
        "xlm-roberta": (ROBERTA, {
            "architectures": ["XLMRobertaForMaskedLM"], "model_type": "xlm-roberta", "torch_dtype": "float16"}),
        **{f"{name}{ending}": (ROBERTA, {
            "architectures": [name + ending], "model_type": kind, **ONE, "hidden_size": 4, "intermediate_size": 5})
           for name, kind in (("XLMRoberta", "xlm-roberta"), ("Camembert", "camembert"))
           for ending in ("Model", "ForMaskedLM", "ForSequenceClassification")},
    },
}


def make(name, base, overrides, seed, dice):
    overrides = dict(overrides)
    length = overrides.pop("length", 9)
    config = {k: v for k, v in {**base, **overrides}.items() if v is not ...}
    return case(name, config, seed, dice, config.get("torch_dtype", "float32"), length)


def random_change(dice):
    """A family and everything about it by chance, as `make` takes them."""
    base = dice.choice([OPT, OPT, LLAMA, MISTRAL, MISTRAL, MINISTRAL, QWEN2, SEED_OSS, BERT, BERT, ROBERTA, ROBERTA])
    heads, layers = dice.choice([1, 2, 3, 4, 5]), dice.choice([1, 1, 2, 3])
    dimension = dice.choice([2, 4, 6, 10]) if base["model_type"] not in ("opt", "bert", "roberta") else dice.randint(1, 9)
    width = heads * dimension
    change = {
        "vocab_size": dice.randint(7, 41), "num_attention_heads": heads, "num_hidden_layers": layers, "hidden_size": width,
        "torch_dtype": dice.choice(["float32", "float32", "float16", "bfloat16"]),
        "tie_word_embeddings": dice.random() < 0.5, "length": dice.choice([1, 2, 5, 9, 13, 16]),
    }
    inner = "ffn_dim" if base is OPT else "intermediate_size"
    change[inner] = dice.randint(1, 45)
    if base is OPT:
        change |= {
            "do_layer_norm_before": dice.random() < 0.6, "_remove_final_layer_norm": dice.random() < 0.3,
            "enable_bias": dice.random() < 0.7, "layer_norm_elementwise_affine": dice.random() < 0.7,
            "word_embed_proj_dim": dice.choice([width, dice.randint(1, 30)]), "activation_function": dice.choice(ACTIVATIONS),
            "pad_token_id": dice.randint(0, 6), "max_position_embeddings": dice.choice([16, 23, 40]),
        }
    elif base in (BERT, ROBERTA):
        names = ["BertForMaskedLM", "BertForPreTraining", "BertModel", "BertForSequenceClassification"]
        if base is ROBERTA:
            names = ["RobertaForMaskedLM", "RobertaModel", "RobertaForSequenceClassification"]
        labels = dice.randint(1, 5)
        change |= {
            "architectures": [dice.choice(names)], "hidden_act": dice.choice(ACTIVATIONS), "pad_token_id": dice.randint(0, 6),
            "type_vocab_size": dice.randint(1, 3), "layer_norm_eps": dice.choice([1e-12, 1e-5, 1e-2]),
            "id2label": {str(i): f"l{i}" for i in range(labels)}, "label2id": {f"l{i}": i for i in range(labels)},
            "max_position_embeddings": dice.choice([23, 40]), "pooler": dice.random() < 0.7,
        }
        if not change["architectures"][0].endswith("Model"):
            del change["pooler"]
    else:
        change |= {
            "num_key_value_heads": dice.choice([g for g in range(1, heads + 1) if heads % g == 0]),
            "hidden_act": dice.choice(["silu", "silu", "gelu", "relu", "gelu_pytorch_tanh"]),
            "rms_norm_eps": dice.choice([1e-6, 1e-5, 1e-2]), "max_position_embeddings": dice.choice([16, 23, 40]),
            "rope_theta": dice.choice([10000.0, 500.0, 1e6]), "pad_token_id": dice.choice([None, 0, 3]),
        }
        if base is not MINISTRAL and dice.random() < 0.3:
            change["head_dim"] = dice.choice([2, 4, 8])
        if base is LLAMA:
            change |= {"attention_bias": dice.random() < 0.5, "mlp_bias": dice.random() < 0.5}
        if base is MINISTRAL:
            change["head_dim"] = dice.choice([2, 4, 8])
        if base is SEED_OSS:
            change |= {f"{k}_bias": dice.random() < 0.5 for k in ("attention", "attention_out", "mlp")}
            change["head_dim"] = dice.choice([2, 4, 8])
        if base in (MISTRAL, MINISTRAL, QWEN2):
            change["sliding_window"] = dice.choice([1, 2, 3, 5, 7, 12, 100])
        if base is MISTRAL and dice.random() < 0.3:
            change["sliding_window"] = None
        if base is QWEN2:
            change |= {"use_sliding_window": dice.random() < 0.7, "max_window_layers": dice.randint(0, layers)}
        if base is MINISTRAL and dice.random() < 0.6:
            change["layer_types"] = [dice.choice(["full_attention", "sliding_attention"]) for _ in range(layers)]
    return base, change


def random_case(number, dice):
    base, change = random_change(dice)
    return make(f"random {number}, {base['model_type']}", base, change, dice.randrange(1 << 32), dice)


# Architecture of the file, configuration, number format of matrices, keys beside the usual ones.
GGUF = {
    "qwen2": ("qwen2", QWEN2, "F16", {}),
    "qwen2-tied": ("qwen2", {**QWEN2, "tie_word_embeddings": True, "head_dim": 4, "rope_theta": 1e6}, "F32", {}),
    "mistral": ("llama", {**MISTRAL, "sliding_window": None, "head_dim": 4}, "BF16", {}),
    "mistral-window": ("llama", MISTRAL, "F16", {"llama.attention.sliding_window": 4}),
}
DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def make_gguf(out, name, seed, dice):
    """A file as llama.cpp's converter writes it: the gguf package's own names, q and k of LLaMA in pairs."""
    architecture, config, kind, keys = GGUF[name]
    model = build(config, seed, DTYPES[kind])
    parsed = model.config
    writer = gguf.GGUFWriter(out / f"{name}.gguf", architecture)
    writer.add_context_length(parsed.max_position_embeddings)
    writer.add_embedding_length(parsed.hidden_size)
    writer.add_block_count(parsed.num_hidden_layers)
    writer.add_feed_forward_length(parsed.intermediate_size)
    writer.add_head_count(parsed.num_attention_heads)
    writer.add_head_count_kv(parsed.num_key_value_heads)
    if "head_dim" in config:
        writer.add_key_length(config["head_dim"])
        writer.add_value_length(config["head_dim"])
    writer.add_layer_norm_rms_eps(parsed.rms_norm_eps)
    writer.add_rope_freq_base(parsed.rope_parameters["rope_theta"])
    for key, value in keys.items():
        writer.add_uint32(key, value)
    writer.add_vocab_size(parsed.vocab_size)
    number = {v: k for k, v in gguf.MODEL_ARCH_NAMES.items()}[architecture]
    names = gguf.get_tensor_name_map(number, parsed.num_hidden_layers)
    for key, value in dict(model.named_parameters()).items():
        array = value.detach().numpy()
        heads = {"q_proj": parsed.num_attention_heads, "k_proj": parsed.num_key_value_heads}.get(key.split(".")[-2])
        if heads and architecture == "llama":
            array = array.reshape(heads, 2, array.shape[0] // heads // 2, *array.shape[1:]).swapaxes(1, 2).reshape(array.shape)
        stored = gguf.GGMLQuantizationType[kind if array.ndim == 2 else "F32"]
        data = gguf.quants.quantize(numpy.ascontiguousarray(array), stored)
        writer.add_tensor(names.get_name(key, try_suffixes=(".weight", ".bias")), data, raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return case(name, config, seed, dice, DTYPES[kind])


def write(path, cases):
    path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--random", type=int, help="so many random models, into one file")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.random:
        dice = random.Random(arguments.seed)
        write(arguments.out, [random_case(number, dice) for number in range(arguments.random)])
        return
    arguments.out.mkdir(parents=True, exist_ok=True)
    for family, cases in CASES.items():
        dice = random.Random(family)
        write(arguments.out / f"{family}.json", [
            make(f"{family} {name}", base, overrides, number, dice)
            for number, (name, (base, overrides)) in enumerate(cases.items())])
    dice = random.Random("gguf")
    write(arguments.out / "gguf.json", [
        make_gguf(arguments.out, name, 100 + number, dice) for number, name in enumerate(GGUF)])


if __name__ == "__main__":
    main()
