"""Measures how fast the `tokenizers` package encodes on one thread: MB of UTF-8 a second, line by line.

    python throughput.py TEXT TOKENIZER.json [TOKENIZER.json ...]

The best of three passes over the file after one to warm up, as `Tokenizer.throughput(over:)` of Packages/Tokenizer measures.
"""

import os

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import sys
import time

import tokenizers


def throughput(tokenizer, lines):
    size = sum(len(line.encode()) for line in lines)
    best = float("inf")
    for number in range(4):
        start = time.perf_counter()
        for line in lines:
            tokenizer.encode(line)
        if number > 0:
            best = min(best, time.perf_counter() - start)
    return size / best


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    lines = text.split("\n")
    for path in sys.argv[2:]:
        tokenizer = tokenizers.Tokenizer.from_file(path)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        print(f"{path}: {throughput(tokenizer, lines) / 1e6:.2f} MB/s (tokenizers {tokenizers.__version__})")


if __name__ == "__main__":
    main()
