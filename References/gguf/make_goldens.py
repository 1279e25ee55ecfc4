"""GGUF blocks of every type that is read, as bytes and as the float32 numbers that the gguf package makes of them.

python make_goldens.py OUT [--rows N --seed S]   writes OUT/blocks.gguf and OUT/blocks.expected.f32
"""

import argparse
import pathlib

import numpy
from gguf import GGMLQuantizationType, GGUFWriter, quants
from gguf.constants import GGML_QUANT_SIZES

# Where the half-precision numbers of a block stand.
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0],
}
PLAIN = {"F32": numpy.float32, "F16": numpy.float16, "BF16": numpy.uint16}
# 0, -0, the least and the greatest denormal, the least normal, 1, -1, the greatest, its negative, infinity, not a number.
AWKWARD = [0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x3C00, 0xBC00, 0x7BFF, 0xFBFF, 0x7C00, 0x7E01]


def halves(random, count):
    """Ordinary scales with awkward ones between them."""
    ordinary = (random.standard_normal(count) * 10.0 ** random.integers(-4, 3, count)).astype(numpy.float16)
    awkward = random.choice(numpy.array(AWKWARD, numpy.uint16), count).view(numpy.float16)
    return numpy.where(random.random(count) < 0.4, awkward, ordinary)


def rows_of_blocks(random, name, rows):
    """Rows of 256 elements: random bytes, then bytes that count, so that every pattern of bits comes."""
    elements, size = GGML_QUANT_SIZES[GGMLQuantizationType[name]]
    blocks = 256 // elements
    data = random.integers(0, 256, (rows * blocks, size), dtype=numpy.uint8)
    data[: 2 * blocks] = (numpy.arange(2 * blocks * size) % 256).astype(numpy.uint8).reshape(2 * blocks, size)
    data[2 * blocks] = 0
    data[3 * blocks] = 255
    for start in HALVES[name]:
        data[:, start : start + 2] = halves(random, len(data)).astype("<f2").view(numpy.uint8).reshape(-1, 2)
    return data.reshape(rows, blocks * size)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=7)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    random = numpy.random.default_rng(arguments.seed)
    writer = GGUFWriter(arguments.out / "blocks.gguf", "llama")
    expected = []
    for name, dtype in PLAIN.items():
        plain = random.standard_normal((2, 256)).astype(numpy.float32)
        data = (plain.view(numpy.uint32) >> 16).astype(numpy.uint16) if name == "BF16" else plain.astype(dtype)
        kind = GGMLQuantizationType[name]
        if name == "BF16":
            data = data.view(numpy.uint8)
        writer.add_tensor(name, data, raw_dtype=kind)
        expected.append(quants.dequantize(data, kind))
    for name in HALVES:
        data = rows_of_blocks(random, name, arguments.rows)
        kind = GGMLQuantizationType[name]
        writer.add_tensor(name, data, raw_dtype=kind)
        with numpy.errstate(all="ignore"):
            expected.append(quants.dequantize(data, kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (arguments.out / "blocks.expected.f32").write_bytes(
        b"".join(numpy.ascontiguousarray(part, "<f4").tobytes() for part in expected))


main()
