"""Times a first-order training step in transformers and torch, against which `zeroth bench method` is held.

    python bench.py --model opt-125m --scheme full --threads 2
    zeroth bench method --model opt-125m --scheme full --optimizer fo-sgd --threads 2    # in the same minutes

The same shapes with random weights in float32, 4 sequences of 128 tokens of which every one is predicted, no padding:
a forward alone, without a graph; forward, backward and a step of SGD; forward and slope along one direction in forward
mode, with --slope. LoRA is peft's, of rank 8 on q_proj and v_proj.

Prints JSON: seconds as medians, and the greatest resident memory of the training steps beyond what was resident before
the model was made.
"""

import argparse
import json
import statistics
import time

import peft
import torch
import transformers

SHAPES = {
    "opt-125m": lambda: transformers.OPTConfig(dropout=0.0, attention_dropout=0.0),
    "smollm2-135m": lambda: transformers.LlamaConfig(
        vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
        num_key_value_heads=3, max_position_embeddings=8192, rms_norm_eps=1e-5, rope_theta=100000.0,
        tie_word_embeddings=True),
}


def memory(key):
    """Bytes of `VmRSS`, what is resident, or `VmHWM`, the most that was since `clear_refs`."""
    for line in open("/proc/self/status"):
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"this system does not tell {key}")


def timed(body):
    start = time.perf_counter()
    body()
    return time.perf_counter() - start


def loss_of(model, tokens):
    """The mean over all sequences and all tokens but the first; rows = tokens, as the other side counts them."""
    logits = model(input_ids=tokens[:, :-1], use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


def slope_of(model, tokens):
    """The loss and its derivative along a random direction of the trainable parameters, in forward mode."""
    names = [name for name, p in model.named_parameters() if p.requires_grad]
    values = {name: p.detach() for name, p in model.named_parameters()}
    direction = {name: torch.randn_like(values[name]) for name in names}

    class Loss(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, tokens):
            return loss_of(self.model, tokens)

    module = Loss()

    def of(trainable):
        return torch.func.functional_call(
            module, {"model." + name: trainable.get(name, value) for name, value in values.items()}, (tokens,))

    return torch.func.jvp(of, ({name: values[name] for name in names},), (direction,))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--model", choices=SHAPES, default="opt-125m")
    arguments.add_argument("--scheme", choices=["full", "lora"], default="full")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--repetitions", type=int, default=5)
    arguments.add_argument("--sequences", type=int, default=4)
    arguments.add_argument("--length", type=int, default=128)
    arguments.add_argument("--slope", action="store_true", help="time forward mode too")
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    torch.mm(torch.ones(64, 64), torch.ones(64, 64))  # the products' own buffers are there before anything is measured
    baseline = memory("VmRSS")
    configuration = SHAPES[options.model]()
    # Forward mode knows no fused attention.
    configuration._attn_implementation = "eager" if options.slope else "sdpa"
    model = transformers.AutoModelForCausalLM.from_config(configuration, dtype=torch.float32)
    if options.scheme == "lora":
        model = peft.get_peft_model(
            model, peft.LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules=["q_proj", "v_proj"]))
    model.train()
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trainable, lr=1e-4)
    count = configuration.vocab_size
    tokens = torch.tensor([
        [(i * 37 + sequence * 101) % count for i in range(options.length + 1)]
        for sequence in range(options.sequences)])

    def step():
        optimizer.zero_grad()
        loss_of(model, tokens).backward()
        optimizer.step()

    @torch.no_grad()
    def forward():
        loss_of(model, tokens)

    times = {"step": [], "forward": [], "slope": []}
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak begins anew
    for repetition in range(options.repetitions + 1):
        one = {"step": timed(step)}
        peak = memory("VmHWM")
        one["forward"] = timed(forward)
        if options.slope:
            one["slope"] = timed(lambda: slope_of(model, tokens))
        if repetition:  # the first brings memory and caches into the state of a running training
            for name, seconds in one.items():
                times[name].append(seconds)
    print(json.dumps({
        "model": options.model, "scheme": options.scheme, "threads": options.threads, "torch": torch.__version__,
        "tokens": options.sequences * options.length, "trainable": sum(p.numel() for p in trainable),
        **{name + "_seconds": statistics.median(of) for name, of in times.items() if of},
        **{name + "_least_seconds": min(of) for name, of in times.items() if of},
        "measured_bytes": peak - baseline}))


if __name__ == "__main__":
    main()
