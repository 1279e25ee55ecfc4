"""Makes the goldens of Packages/Transformer: tiny random LLaMA models with what `transformers` computes from them.

    pip install -r requirements.txt
    python make_goldens.py --out ../../Packages/Transformer/Tests/TransformersTests/Goldens --smollm2 SMOLLM2_GGUF [--stories STORIES260K_FOLDER]

Each folder holds a model as users have it (config.json in the spelling of transformers 4 or 5, safetensors) and
expected.json: token ids, the logits of every row and 20 greedily generated tokens, in float32 on the CPU. `gguf/` holds
the same for GGUF files, and `sampling.json` what the logits warpers keep.
"""

import argparse
import json
import pathlib
import shutil

import numpy
import torch
import transformers
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, quants
from safetensors.torch import load_file, save_file

LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}

# Odd sizes everywhere: nothing is a multiple of a register or a block. `config` is written to config.json as it is.
BASE = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 36,
    "intermediate_size": 50,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "vocab_size": 37,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-05,
    "hidden_act": "silu",
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": None,
    "rope_theta": 10000.0,
    "torch_dtype": "float32",
}

CASES = {
    "grouped-heads": {},
    "all-heads-tied": {"num_key_value_heads": None, "tie_word_embeddings": True},
    "one-head-one-layer": {"hidden_size": 10, "num_attention_heads": 1, "num_key_value_heads": 1, "num_hidden_layers": 1},
    "head-dim": {"hidden_size": 36, "num_attention_heads": 3, "num_key_value_heads": 1, "head_dim": 10},
    "biases": {"attention_bias": True, "mlp_bias": True, "num_hidden_layers": 1},
    "rope-linear": {"rope_scaling": {"type": "linear", "factor": 2.5}, "num_hidden_layers": 1},
    "rope-llama3": {
        "rope_scaling": LLAMA3, "rope_theta": 500.0, "num_attention_heads": 3, "num_key_value_heads": 3,
        "tie_word_embeddings": True,
    },
    "rope-parameters": {
        "rope_theta": None, "rope_parameters": {"rope_type": "default", "rope_theta": 1234.5}, "torch_dtype": None,
        "dtype": "float32", "num_hidden_layers": 1, "eos_token_id": [2, 3],
    },
    "rope-parameters-llama3": {
        "rope_theta": None, "rope_parameters": {**LLAMA3, "rope_theta": 100.0}, "torch_dtype": None,
        "dtype": "float32", "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 18,
    },
    "sharded": {"num_hidden_layers": 3, "hidden_size": 24, "num_attention_heads": 4},
    "bfloat16": {"torch_dtype": "bfloat16", "tie_word_embeddings": True},
    "float16": {"torch_dtype": "float16"},
}


def randomised(model, seed):
    """Weights large enough that a mistake anywhere shows in the logits."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("norm.weight"):
                parameter.copy_(1 + 0.3 * torch.randn(parameter.shape, generator=generator))
            elif name.endswith(".bias"):
                parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
            else:
                parameter.copy_(1.2 * torch.randn(parameter.shape, generator=generator) / parameter.shape[-1] ** 0.5)
    return model


def expected(model, seed, length=24, prompt=5, new=20):
    ids = torch.randint(0, model.config.vocab_size, (1, length), generator=torch.Generator().manual_seed(seed))
    model.generation_config = transformers.GenerationConfig(pad_token_id=0, eos_token_id=None)
    with torch.no_grad():
        logits = model(ids).logits[0]
        prompt_ids = ids[:, :prompt]
        # A mask of its own, or every 0 in the prompt would be taken for padding.
        text = model.generate(prompt_ids, attention_mask=torch.ones_like(prompt_ids), max_new_tokens=new, do_sample=False)[0]
    return {
        "ids": ids[0].tolist(),
        "logits": [[float(f"{x:.9g}") for x in row] for row in logits.tolist()],
        "prompt": ids[0, :prompt].tolist(),
        "generated": text[prompt:].tolist(),
    }


def write(path, value):
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n")


def make_folder(out, name, overrides, seed):
    folder = out / name
    config = {key: value for key, value in {**BASE, **overrides}.items() if value is not None}
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    dtype = getattr(torch, config.get("dtype") or config["torch_dtype"])
    model = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(folder))
    model = randomised(model.float(), seed).to(dtype)
    tensors = {k: v.contiguous() for k, v in model.state_dict().items()}
    if config["tie_word_embeddings"]:
        del tensors["lm_head.weight"]
    if name == "sharded":
        names = sorted(tensors)
        parts = [names[0::3], names[1::3], names[2::3]]
        files = [f"model-{i + 1:05}-of-00003.safetensors" for i in range(3)]
        for file, part in zip(files, parts):
            save_file({k: tensors[k] for k in part}, folder / file, metadata={"format": "pt"})
        index = {"metadata": {}, "weight_map": {k: f for f, part in zip(files, parts) for k in part}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
    else:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    # What is on disk decides, read as anyone would read it.
    loaded, info = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True, attn_implementation="eager")
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    write(folder / "expected.json", expected(loaded.eval(), seed + 1000))


def permuted(weight, heads):
    """Rows in the order of interleaved rotary pairs, as llama.cpp's converter stores q and k of LLaMA models."""
    shape = weight.shape
    return weight.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


def unpermuted(weight, heads):
    shape = weight.shape
    return weight.reshape(heads, shape[0] // heads // 2, 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


GGUF_NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}


def gguf_name(name):
    stem, kind = name.rsplit(".", 1)
    if stem.startswith("model.layers."):
        number, module = stem.removeprefix("model.layers.").split(".", 1)
        return f"blk.{number}.{GGUF_NAMES[module]}.{kind}"
    return f"{GGUF_NAMES[stem]}.{kind}"


def make_gguf(out, name, overrides, types, seed):
    """A GGUF file with tensors of several types; what is expected comes from the dequantised weights."""
    config = transformers.LlamaConfig(**{
        **{k: v for k, v in BASE.items() if v is not None and k not in ("architectures", "model_type", "torch_dtype")},
        "hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 4, "num_key_value_heads": 2,
        "max_position_embeddings": 64, **overrides,
    })
    config._attn_implementation = "eager"
    model = randomised(transformers.LlamaForCausalLM(config), seed)
    writer = GGUFWriter(out / f"{name}.gguf", "llama")
    writer.add_name(name)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if config.rope_parameters["rope_type"] == "linear":
        writer.add_string("llama.rope.scaling.type", "linear")
        writer.add_rope_scaling_factor(config.rope_parameters["factor"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([f"t{i}" for i in range(config.vocab_size)])
    writer.add_token_types([1] * config.vocab_size)
    writer.add_token_merges(["a b", "ab c"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_array("test.nested", [[1, 2], [3]])
    weights = model.state_dict()
    if config.tie_word_embeddings:
        del weights["lm_head.weight"]
    matrices = 0
    for key, value in weights.items():
        heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(key.split(".")[-2])
        array = value.numpy()
        if heads:
            array = permuted(array, heads)
        kind = GGMLQuantizationType.F32
        if array.ndim == 2:
            kind = GGMLQuantizationType[types[matrices % len(types)]]
            matrices += 1
        data = quants.quantize(numpy.ascontiguousarray(array), kind)
        writer.add_tensor(gguf_name(key), data, raw_dtype=kind)
        plain = quants.dequantize(data, kind).astype(numpy.float32)
        weights[key] = torch.from_numpy(numpy.ascontiguousarray(unpermuted(plain, heads) if heads else plain))
    if config.rope_parameters["rope_type"] == "llama3":
        scaled = model.model.rotary_emb.inv_freq
        plain = 1.0 / config.rope_parameters["rope_theta"] ** (torch.arange(0, config.head_dim, 2).float() / config.head_dim)
        writer.add_tensor("rope_freqs.weight", (plain / scaled).numpy().astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    if config.tie_word_embeddings:
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    model.load_state_dict(weights)
    write(out / f"{name}.expected.json", expected(model.eval(), seed + 1000))


def make_sampling(out):
    """Which tokens each combination of warpers keeps, in transformers' order, and their probabilities."""
    cases = []
    for seed in range(6):
        logits = 3 * torch.randn(1, 40, generator=torch.Generator().manual_seed(seed))
        for temperature, top_k, top_p in [(1.0, None, None), (0.7, 5, None), (1.3, None, 0.9), (0.5, 12, 0.8), (2.0, 100, 0.1)]:
            scores = transformers.TemperatureLogitsWarper(temperature)(None, logits)
            if top_k:
                scores = transformers.TopKLogitsWarper(min(top_k, 40))(None, scores)
            if top_p:
                scores = transformers.TopPLogitsWarper(top_p)(None, scores)
            probabilities = scores.softmax(-1)[0]
            cases.append({
                "logits": logits[0].tolist(), "temperature": temperature, "top_k": top_k, "top_p": top_p,
                "probabilities": probabilities.tolist(),
            })
    write(out / "sampling.json", cases)


def make_stories(out, folder):
    """A real model, which is in the repository already: only what is expected of it."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    model.generation_config = transformers.GenerationConfig(pad_token_id=0, eos_token_id=None)
    cases = []
    for ids in ([1, 403, 407, 261, 378, 432, 383, 286, 261, 376, 298, 315, 421, 395, 317, 426], [1, 403, 407]):
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0, -2:]
            prompt = torch.tensor([ids])
            text = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=100, do_sample=False)[0]
        cases.append({
            "ids": ids, "last_logits": [[float(f"{x:.9g}") for x in row] for row in logits.tolist()],
            "generated": text[len(ids):].tolist(),
        })
    write(out / "stories260K.expected.json", cases)


SMOLLM2_IDS = [
    [504, 3575, 282, 4649, 314],
    [269, 637, 99, 253, 26597, 284, 1129, 7053, 3444, 1673, 657, 436],
    [504, 555, 4642, 335, 260, 39472, 30, 1032, 253, 966, 28, 913, 31671, 429, 260, 574, 447, 30],
    [62, 6927, 542, 3459, 23026, 288, 216, 36, 40, 282, 874, 2428, 281, 4124, 28, 284, 965, 1041, 3459, 2745, 347, 800,
     23026, 281, 2405, 30, 19659, 5652, 1041, 3459],
]


def make_smollm2(out, file):
    """SmolLM2-135M-Instruct: `transformers` with the weights that the gguf package dequantises."""
    config = transformers.LlamaConfig(
        hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
        vocab_size=49152, max_position_embeddings=8192, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 100000.0})
    config._attn_implementation = "eager"
    model = transformers.LlamaForCausalLM(config).eval()
    stored = {tensor.name: tensor for tensor in GGUFReader(file).tensors}
    weights = {}
    for key in model.state_dict():
        tensor = stored[gguf_name("model.embed_tokens.weight" if key == "lm_head.weight" else key)]
        plain = quants.dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32)
        heads = {"q_proj": 9, "k_proj": 3}.get(key.split(".")[-2])
        weights[key] = torch.from_numpy(numpy.ascontiguousarray(unpermuted(plain, heads) if heads else plain))
    model.load_state_dict(weights)
    model.generation_config = transformers.GenerationConfig(pad_token_id=2, eos_token_id=None)
    cases = []
    for ids in SMOLLM2_IDS:
        prompt = torch.tensor([ids])
        with torch.no_grad():
            logits = model(prompt).logits[0]
            text = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=20, do_sample=False)[0]
        top = logits[-1].topk(10)
        losses = torch.nn.functional.cross_entropy(logits[:-1], prompt[0, 1:], reduction="none")
        cases.append({
            "ids": ids, "last_top10_ids": top.indices.tolist(), "last_top10_logits": top.values.tolist(),
            "nll_per_token": losses.tolist(), "generated": text[len(ids):].tolist(),
        })
    write(out / "smollm2.expected.json", {"parameters": model.num_parameters(), "cases": cases})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--stories", type=pathlib.Path, default="../../Models/stories260K")
    parser.add_argument("--smollm2", type=pathlib.Path, required=True, help="SmolLM2-135M-Instruct.Q4_1.gguf")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for seed, (name, overrides) in enumerate(CASES.items()):
        make_folder(arguments.out, name, overrides, seed)
    gguf = arguments.out / "gguf"
    gguf.mkdir(exist_ok=True)
    make_gguf(gguf, "mixed", {"num_hidden_layers": 1}, ["Q8_0", "Q4_1", "Q4_0", "F16", "BF16", "F32"], 50)
    make_gguf(
        gguf, "linear-tied",
        {"num_hidden_layers": 1, "tie_word_embeddings": True, "rope_theta": 777.0, "rope_scaling": {"type": "linear", "factor": 3.0}},
        ["Q4_1", "Q4_0"], 51)
    make_gguf(
        gguf, "llama3", {"num_hidden_layers": 1, "tie_word_embeddings": True, "rope_scaling": LLAMA3, "rope_theta": 500.0},
        ["Q4_0"], 52)
    make_sampling(arguments.out)
    make_stories(arguments.out, arguments.stories)
    make_smollm2(arguments.out, arguments.smollm2)


main()
