"""The noise contract of docs/noise.md in NumPy, written from that page alone.

    python reference.py goldens > ../../Packages/Tensor/Tests/TensorCoreTests/Goldens/noise.json
    python reference.py moments
"""

import json
import random
import sys
from fractions import Fraction

import numpy as np

F32, F64, U32, U64 = np.float32, np.float64, np.uint32, np.uint64
LOW = U64(0xFFFFFFFF)


def constant(bits):
    return np.array(bits, U32).view(F32)[()]


L = [constant(b) for b in (0x3EAAAB5B, 0xBE80024A, 0x3E4C7217, 0xBE29A1D2, 0x3E18571E, 0xBE12F228, 0x3DB6A2DD)]
LN2 = constant(0x3F317218)
S = [constant(b) for b in (0x3FC90FDB, 0xBF255DDD, 0x3DA32F63, 0xBB96CDDC)]
C = [constant(b) for b in (0x3F800000, 0xBF9DE9C9, 0x3E81D7AE, 0xBCA72F6B)]
F1, F3, F5 = (constant(b) for b in (0x40568BD1, 0x3D143760, 0x3F91FFEA))
INVERSE_510 = constant(0x3B008081)


def fma(a, b, c):
    """a·b + c of binary32 rounded once: the product is exact in binary64, the sum is rounded to odd there, and
    rounding that to binary32 is then right (53 >= 2·24 + 2 bits)."""
    a, b, c = np.broadcast_arrays(*(np.asarray(v, F32).astype(F64) for v in (a, b, c)))
    product = a * b
    total = product + c
    back = total - product
    error = (product - (total - back)) + (c - back)  # exact: Knuth's two-sum
    bits = total.view(np.int64)
    even = (bits & 1) == 0
    grows = (error > 0) == (total > 0)  # whether the exact sum is further from zero than `total`
    odd = np.where((error != 0) & even, np.where(grows, bits + 1, bits - 1), bits)
    return odd.view(F64).astype(F32)


def philox(counter, key):
    """Counter and key as sequences of words (arrays or numbers); four arrays of words."""
    c = [np.asarray(v, U64) for v in counter]
    k = [int(v) for v in key]
    for _ in range(10):
        p0, p1 = U64(0xD2511F53) * c[0], U64(0xCD9E8D57) * c[2]
        c = [(p1 >> U64(32)) ^ c[1] ^ U64(k[0]), p1 & LOW, (p0 >> U64(32)) ^ c[3] ^ U64(k[1]), p0 & LOW]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return [v.astype(U32) for v in c]


def path_hash(name):
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def fnv(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def blocks(seed, path, numbers):
    """Words of the blocks: [blocks, 4]."""
    numbers = np.asarray(numbers, U64)
    counter = (numbers & LOW, numbers >> U64(32), path & 0xFFFFFFFF, path >> 32)
    counter = [np.broadcast_to(np.asarray(v, U64), numbers.shape) for v in counter]
    return np.stack(philox(counter, (seed & 0xFFFFFFFF, seed >> 32)), axis=-1)


def word_of_elements(seed, path, start, count):
    """Word i mod 4 of block i / 4 for each element."""
    first, last = start // 4, (start + count - 1) // 4
    numbers = np.arange(last - first + 1, dtype=U64) + U64(first)
    return blocks(seed, path, numbers).reshape(-1)[start % 4:][:count]


def radius(word):
    u = ((word >> U32(9)).astype(F32) + F32(0.5)) * F32(2.0**-23)
    bits = u.view(np.int32)
    e = (bits - np.int32(0x3F3504F3)) >> np.int32(23)
    f = (bits - e * np.int32(2**23)).view(F32) - F32(1)
    q = L[6]
    for coefficient in L[5::-1]:
        q = fma(q, f, coefficient)
    s = f * f
    logarithm = fma(s * f, q, fma(F32(-0.5), s, f))
    logarithm = fma(e.astype(F32), LN2, logarithm)
    return np.sqrt(F32(-2) * logarithm)


def angle(word):
    g = ((word >> U32(7)) & U32(0x7FFFFF)).astype(F32)
    g = (g + F32(0.5)) * F32(2.0**-23) - F32(0.5)
    h = g * g
    sine, cosine = S[3], C[3]
    for s, c in zip(S[2::-1], C[2::-1]):
        sine, cosine = fma(sine, h, s), fma(cosine, h, c)
    sine = sine * g
    quarter = word >> U32(30)
    x = np.choose(quarter, [cosine, -sine, -cosine, sine])
    y = np.choose(quarter, [sine, cosine, -sine, -cosine])
    return x, y


def gaussian(seed, path, start, count):
    first, last = start // 4, (start + count - 1) // 4
    w = blocks(seed, path, np.arange(last - first + 1, dtype=U64) + U64(first))
    out = np.empty(w.shape, F32)
    for j in (0, 2):
        r = radius(w[:, j])
        x, y = angle(w[:, j + 1])
        out[:, j], out[:, j + 1] = r * x, r * y
    return out.reshape(-1)[start % 4:][:count]


def fast_from_sum(n):
    s = n.astype(F32) * INVERSE_510
    t = s * s
    return s * fma(fma(F5, t, F3), t, F1)


def gaussian_fast(seed, path, start, count):
    w = word_of_elements(seed, path, start, count).astype(np.int64)
    return fast_from_sum((w & 255) + (w >> 8 & 255) + (w >> 16 & 255) + (w >> 24) - 510)


def rademacher(seed, path, start, count):
    first, last = start // 128, (start + count - 1) // 128
    w = blocks(seed, path, np.arange(last - first + 1, dtype=U64) + U64(first)).reshape(-1)
    i = start % 128 + np.arange(count)
    bit = w[i // 32] >> (i % 32).astype(U32) & U32(1)
    return np.where(bit == 1, F32(1), F32(-1))


def mask(seed, path, threshold, start, count):
    """Bits: whether elements start ..< start + count take part."""
    def halves(first_block):
        first, last = start // 8, (start + count - 1) // 8
        w = blocks(seed, path, np.arange(last - first + 1, dtype=U64) + U64(first_block + first))
        return np.stack([w & U32(0xFFFF), w >> U32(16)], axis=-1).reshape(-1)[start % 8:][:count].astype(U64)

    number = U64(2**16) * halves(0) + halves(2**63)
    return number < U64(threshold)


LAWS = {"gaussian": gaussian, "gaussian-fast": gaussian_fast, "rademacher": rademacher}


def run_seed(run, purpose, step=0, query=0):
    w = philox((step & 0xFFFFFFFF, step >> 32, query, purpose), (run & 0xFFFFFFFF, run >> 32))
    return int(w[0]) + (int(w[1]) << 32)


def to_bf16(value, word):
    bits = int(F32(value).view(U32))
    sign, b = bits >> 16 & 0x8000, bits & 0x7FFFFFFF
    return sign | min((b + word % 2**16) >> 16, 0x7F7F)


def to_f16(value, word):
    bits = int(F32(value).view(U32))
    sign, b = bits >> 16 & 0x8000, bits & 0x7FFFFFFF
    if b >= 0x38800000:
        return sign | min((b + word % 2**13 - 0x38000000) >> 13, 0x7BFF)
    v = Fraction(float(constant(b))) * 2**24
    k = v.numerator // v.denominator
    return sign | (k + 1 if Fraction(word >> 8, 2**24) < v - k else k)


def moments():
    words = np.arange(2**23, dtype=U32)
    r = radius(words << U32(9)).astype(F64)
    x, y = angle(words << U32(7))
    parts = np.concatenate([x, y]).astype(F64)
    rows = {"gaussian": [np.mean(r**p) * np.mean(parts**p) for p in (2, 4, 6)] + [r.max() * np.abs(parts).max()]}
    counts = np.ones(1)
    for _ in range(4):
        counts = np.convolve(counts, np.ones(256))
    z = fast_from_sum(np.arange(-510, 511)).astype(F64)
    p = counts / counts.sum()
    rows["gaussian-fast"] = [(p * z**k).sum() for k in (2, 4, 6)] + [z.max()]
    for law, row in rows.items():
        print(f"| `{law}` | " + " | ".join(f"{v:.7f}" for v in row[:3]) + f" | {row[3]:.5f} |")


def check_fma():
    """Against exact rationals, on a few thousand triples of very different sizes."""
    dice = random.Random(1)
    for _ in range(4000):
        a, b, c = (F32(dice.uniform(-1, 1) * 2.0 ** dice.randint(-30, 10)) for _ in range(3))
        if dice.random() < 0.3:
            c = F32(-float(a) * float(b))
        exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
        got = fma(a, b, c)[()]
        neighbours = [np.nextafter(got, F32(-np.inf)), got, np.nextafter(got, F32(np.inf))]
        nearest = min(neighbours, key=lambda v: (abs(Fraction(float(v)) - exact), int(v.view(U32)) & 1))
        assert nearest == got, (a, b, c)


def hex32(values):
    return " ".join(f"{int(v):08X}" for v in np.asarray(values).view(U32))


def goldens():
    check_fma()
    names = ["", "a", "w", "model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "modèle.poids"]
    far = 4 * 2**32  # from here on the block number needs its high word
    places = [
        (0, "", 0, 40),
        (1, "w", 0, 136),
        (42, "model.embed_tokens.weight", 1, 3),
        (42, "model.embed_tokens.weight", 3, 70),
        (0xFFFFFFFFFFFFFFFF, "model.layers.0.self_attn.q_proj.weight", 127, 5),
        (0x0123456789ABCDEF, "model.layers.0.self_attn.q_proj.weight", 130, 33),
        (0xA4093822299F31D0, "modèle.poids", far - 18, 60),
        (7, "a", far + 5, 9),
        (7, "a", 128 * 2**32 - 70, 140),
        (7, "a", 2**62 + 1, 6),
    ]
    cases = []
    for seed, name, start, count in places:
        path = path_hash(name)
        case = {"seed": f"{seed:016X}", "path": name, "start": start, "count": count}
        for law, fill in LAWS.items():
            case[law] = hex32(fill(seed, path, start, count))
        cases.append(case)
    digests = []
    for seed, name, start in [(20240601, "model.norm.weight", 0), (99, "lm_head.weight", 12345)]:
        count = 1 << 17
        entry = {"seed": f"{seed:016X}", "path": name, "start": start, "count": count}
        for law, fill in LAWS.items():
            entry[law] = f"{fnv(fill(seed, path_hash(name), start, count).astype('<f4').tobytes()):016X}"
        digests.append(entry)
    words = [
        {"seed": f"{seed:016X}", "path": name, "firstBlock": block, "words": hex32(
            blocks(seed, path_hash(name), np.arange(count, dtype=U64) + U64(block)).reshape(-1))}
        for seed, name, block, count in [(5, "w", 0, 9), (5, "w", 2**32 - 3, 12), (2**63 + 1, "a", 2**40 + 7, 2)]
    ]
    seeds = [
        {"run": f"{run:016X}", "purpose": purpose, "step": step, "query": query,
         "seed": f"{run_seed(run, purpose, step, query):016X}"}
        for run in (0, 42, 0xDEADBEEF01234567)
        for purpose, step, query in [
            (1, 0, 0), (1, 1, 0), (1, 0, 1), (2, 999, 3), (3, 0, 0), (4, 2**32 + 5, 7), (5, 0, 9), (6, 300, 1)]
    ]
    dice = random.Random(2)
    values = [1.0, -1.0, 65504.0, 65519.0, -70000.0, 3.3895e38, 3.4e38, 2.0**-14, 6.1e-5, -6.0e-5, 2.0**-24, 2.0**-25,
              1.5 * 2.0**-24, 3.0e-8, -1.0e-12, 1.0e-40, 0.0, -0.0, 0.1, -3.14159274, 1.0e-3]
    values += [dice.uniform(-1, 1) * 2.0 ** dice.randint(-26, 3) for _ in range(43)]
    values = np.array(values, F32)
    assert len(values) % 4 == 0
    w = [int(v) for v in word_of_elements(77, path_hash("w"), 8, len(values))]
    rounding = {"seed": f"{77:016X}", "path": "w", "start": 8, "values": hex32(values),
                "F16": " ".join(f"{to_f16(v, d):04X}" for v, d in zip(values, w)),
                "BF16": " ".join(f"{to_bf16(v, d):04X}" for v, d in zip(values, w))}
    philoxes = [
        {"counter": hex32(np.array(c, U32)), "key": hex32(np.array(k, U32)), "words": hex32(np.array(philox(c, k), U32))}
        for c, k in [([0] * 4, [0] * 2), ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2),
                     ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0])]
    ]
    hashes = {name: f"{path_hash(name):016X}" for name in names}
    # Thresholds that many a number's upper half meets: 2**31 + 2**15 falls in the middle of a half-word's range.
    masks = [
        {"seed": f"{seed:016X}", "path": name, "threshold": threshold, "start": start, "count": count,
         "bits": "".join("01"[int(b)] for b in mask(seed, path_hash(name), threshold, start, count))}
        for seed, name, threshold, start, count in [
            (0, "w", 2**31, 0, 70), (42, "model.norm.weight", 1, 3, 40), (42, "a", 2**32 - 1, 5, 33), (7, "", 0, 0, 16),
            (7, "a", 2**32, 1, 16), (0xFEDCBA9876543210, "model.layers.0.self_attn.q_proj.weight", 858993459, 13, 90),
            (5, "w", 2**30 + 9, 8 * 2**32 - 21, 64), (5, "w", 2**30 + 9, 2**62 + 3, 20)]
    ]
    mask_digests = [
        {"seed": f"{seed:016X}", "path": name, "threshold": threshold, "start": start, "count": 1 << 20,
         "kept": int(np.sum(bits)), "bits": f"{fnv(np.packbits(bits, bitorder='little').tobytes()):016X}"}
        for seed, name, threshold, start in [(11, "lm_head.weight", 2**31 + 2**15, 0), (12, "w", 1288490189, 777)]
        for bits in [mask(seed, path_hash(name), threshold, start, 1 << 20)]
    ]
    print(json.dumps({"masks": masks, "maskDigests": mask_digests, "philox": philoxes, "pathHashes": hashes, "words": words, "seeds": seeds, "fills": cases,
                      "digests": digests, "rounding": rounding}, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    {"goldens": goldens, "moments": moments}[sys.argv[1]]()
