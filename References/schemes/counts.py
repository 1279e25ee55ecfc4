"""How many parameters `peft` trains of the papers' models, from their configurations alone (no weights: torch's meta
device). Prints the table of Tests/ZerothTests/SchemeTests.swift.

    python counts.py
"""

import peft
import torch
import transformers

MODELS = {
    "opt-1.3b": transformers.OPTConfig(
        hidden_size=2048, num_hidden_layers=24, num_attention_heads=32, ffn_dim=8192, word_embed_proj_dim=2048),
    "opt-13b": transformers.OPTConfig(
        hidden_size=5120, num_hidden_layers=40, num_attention_heads=40, ffn_dim=20480, word_embed_proj_dim=5120),
    "opt-66b": transformers.OPTConfig(
        hidden_size=9216, num_hidden_layers=64, num_attention_heads=72, ffn_dim=36864, word_embed_proj_dim=9216),
    "llama-7b": transformers.LlamaConfig(
        vocab_size=32000, hidden_size=4096, num_hidden_layers=32, num_attention_heads=32, intermediate_size=11008),
    "mistral-7b": transformers.MistralConfig(
        vocab_size=32000, hidden_size=4096, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8,
        intermediate_size=14336),
    "roberta-large": transformers.RobertaConfig(
        vocab_size=50265, hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096,
        max_position_embeddings=514, type_vocab_size=1, pad_token_id=1),
}


def model(config):
    cls = transformers.RobertaForMaskedLM if config.model_type == "roberta" else transformers.AutoModelForCausalLM
    with torch.device("meta"):
        made = cls(config) if config.model_type == "roberta" else cls.from_config(config)
    made.tie_weights()
    return made


def count(parameters):
    return sum({id(p): p.numel() for p in parameters}.values())


for name, config in MODELS.items():
    task = "FEATURE_EXTRACTION" if config.model_type == "roberta" else "CAUSAL_LM"
    targets = ["query", "value"] if config.model_type == "roberta" else ["q_proj", "v_proj"]
    row = {"full": count(model(config).parameters())}
    row["bitfit"] = count(p for n, p in model(config).named_parameters() if n.endswith("bias"))
    row["head"] = model(config).get_output_embeddings().weight.numel()
    for scheme, adapter in {
            "lora": peft.LoraConfig(r=8, target_modules=targets, task_type=task),
            "prompt": peft.PromptTuningConfig(num_virtual_tokens=10, task_type=task),
            "prefix": peft.PrefixTuningConfig(num_virtual_tokens=5, task_type=task)}.items():
        with torch.device("meta"):
            wrapped = peft.get_peft_model(model(config), adapter)
        row[scheme] = count(p for p in wrapped.parameters() if p.requires_grad)
    print(name, row, flush=True)
