"""Makes the goldens of Packages/Datasets: NumPy's legacy generator, SST-2 prompts in tokens, and the order of batches.

    python make_goldens.py ../../Data/SST-2/SST-2.zip ../../Models/stories260K/tokenizer.json \
        ../../Packages/Datasets/Tests/DatasetsTests/Goldens

Prompts follow the definition of MeZO and ZO-LLM: `encode` and `verbalize` lose the spaces at both ends, the answer has as
many tokens as the verbalized text has more than the encoded one, and long texts keep the first token and their end.
"""

import hashlib
import json
import pathlib
import sys
import zipfile

import numpy as np
from tokenizers import Tokenizer

WORDS = ["terrible", "great"]
HAND_MADE = [
    "  \u2003 white space around \u00a0\u3000",
    "clichés , naïveté and “quotes” — and a 𝄞",
    "",
    "two  spaces   inside",
    "It was",
]


def sst2(sentence: str, version: int) -> tuple[str, list[str]]:
    text = sentence.strip()
    if version == 0:
        return f"{text} It was", [f"{text} It was {word}" for word in WORDS]
    return f"{text} ", [f"{text} {word}" for word in WORDS]


def encode(tokenizer: Tokenizer, prompt: str, candidates: list[str], max_length: int) -> list[dict]:
    border = len(tokenizer.encode(prompt.strip(" ")).ids)
    rows = []
    for candidate in candidates:
        text = candidate.strip(" ")
        option = len(tokenizer.encode(text).ids) - border
        ids = tokenizer.encode(text.lstrip()).ids
        if len(ids) > max_length:
            ids = ids[:1] + ids[1:][-(max_length - 1) :]
        rows.append({"ids": ids, "option": option})
    return rows


def prompts(archive: pathlib.Path, tokenizer: Tokenizer) -> list[dict]:
    with zipfile.ZipFile(archive) as files:
        lines = files.read("SST-2/dev.tsv").decode().split("\n")[1:-1]
    sentences = [line.split("\t")[0] for line in lines[:16] + lines[-2:]] + HAND_MADE
    return [
        {"sentence": sentence, "template": version, "max_length": length}
        | {"candidates": encode(tokenizer, *sst2(sentence, version), length)}
        for sentence in sentences
        for version, length in [(0, 2048), (1, 2048), (0, 16)]
    ]


def wordings(tokenizer: Tokenizer) -> list[dict]:
    """Texts whose tokens merge across the border."""
    cases = [
        ("Once upon a t", ["Once upon a time there was", "Once upon a tower fell down"]),
        ("\nThe end. ", ["\nThe end. Yes", "\nThe end. No way"]),
        ("She wa", ["She was happy", "She walked home"]),
    ]
    return [
        {"prompt": prompt, "texts": texts, "candidates": encode(tokenizer, prompt, texts, 2048)}
        for prompt, texts in cases
    ]


def generator() -> list[dict]:
    rows = []
    for seed in [0, 1, 13, 42, 2**32 - 1]:
        order = np.random.RandomState(seed).permutation(67349)
        rows.append(
            {
                "seed": seed,
                "permutation": {
                    str(n): np.random.RandomState(seed).permutation(n)[:8].tolist()
                    for n in [1, 2, 100, 400, 872, 1267, 2558, 67349]
                },
                "permutation_67349_sha256": hashlib.sha256(",".join(map(str, order.tolist())).encode()).hexdigest(),
                "randint": {
                    str(n): np.random.RandomState(seed).randint(0, n, size=8).tolist() for n in [2, 1000, 10**9, 2**32]
                },
                "words": np.random.RandomState(seed).randint(0, 2**32, size=1300, dtype=np.uint32)[[0, 623, 624, 1299]].tolist(),
            }
        )
    return rows


def philox(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x32-10 (Salmon et al. 2011), written from the paper."""
    mask = 2**32 - 1
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [second >> 32 ^ counter[1] ^ key[0], second & mask, first >> 32 ^ counter[3] ^ key[1], first & mask]
        key = [key[0] + 0x9E3779B9 & mask, key[1] + 0xBB67AE85 & mask]
    return counter


def split(number: int) -> list[int]:
    return [number & 2**32 - 1, number >> 32]


def batch_order(run_seed: int, count: int, epoch: int) -> list[int]:
    """The rule that BatchOrder documents."""
    seed = philox(split(epoch) + [0, 3], split(run_seed))[:2]
    path = 0xCBF29CE484222325
    for byte in b"data-order":
        path = (path ^ byte) * 0x100000001B3 % 2**64
    order = list(range(count))
    for index in range(count - 1, 0, -1):
        words = philox(split(index // 2) + split(path), seed)[index % 2 * 2 :][:2]
        other = (words[1] << 32 | words[0]) * (index + 1) >> 64
        order[index], order[other] = order[other], order[index]
    return order


def orders() -> list[dict]:
    assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    return [
        {"seed": seed, "count": count, "epoch": epoch, "order": batch_order(seed, count, epoch)}
        for seed, count, epoch in [(42, 20, 0), (42, 20, 1), (0, 7, 3), (2**63 + 5, 33, 2**33), (1, 1, 0), (1, 2, 9)]
    ]


def main() -> None:
    archive, tokenizer, out = map(pathlib.Path, sys.argv[1:])
    tokenizer = Tokenizer.from_file(str(tokenizer))
    for name, content in {
        "prompts.json": prompts(archive, tokenizer),
        "wordings.json": wordings(tokenizer),
        "numpy.json": generator(),
        "orders.json": orders(),
    }.items():
        text = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in content)
        (out / name).write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()
