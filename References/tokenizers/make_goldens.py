"""Makes the tokenizer fixtures and goldens of Packages/Tokenizer, or checks ids against the reference.

    pip install -r requirements.txt
    python make_goldens.py --smollm SMOLLM2_FOLDER --stories STORIES260K_FOLDER --out ../../Packages/Tokenizer/Tests/TokenizersTests/Fixtures
    python make_goldens.py --check ENCODED.jsonl --tokenizer TOKENIZER.json

Goldens: `lines.json` is the input; `byte-level.golden.json` and `stories260K.golden.json` hold ids and, where decoding does
not give the line back, the text; `variants.json` changes parts of those two tokenizers and holds one digest per line
(FNV-1a of the ids and the decoded text, folded to 16 bits).

--check reads one JSON object a line, {"text", "ids", "decoded"}, as the package's corpus test writes them.
"""

import argparse
import copy
import json
import pathlib
import sys

import tokenizers

from hard_lines import hard_lines
from variants import VARIANTS

KEPT_MERGES = 4000


def reduce_byte_level(full, kept):
    """The first `kept` merges of a byte-level BPE tokenizer, with ids numbered anew in the old order."""
    reduced = copy.deepcopy(full)
    vocab, merges = full["model"]["vocab"], full["model"]["merges"][:kept]
    added = [token["content"] for token in full["added_tokens"]]
    made = {left + right for left, right in merges}
    keep = [t for t in sorted(vocab, key=vocab.get) if t in made or len(t) == 1 or t in added]
    ids = {token: number for number, token in enumerate(keep)}
    reduced["model"]["vocab"] = ids
    reduced["model"]["merges"] = merges
    for token in reduced["added_tokens"]:
        token["id"] = ids[token["content"]]
    return reduced


def with_overrides(base, overrides):
    """`base` with its parts replaced; "model" is replaced option by option."""
    changed = copy.deepcopy(base)
    for key, value in overrides.items():
        if key == "model":
            changed["model"].update(value)
        elif key == "more_added_tokens":
            changed["added_tokens"] += value
        else:
            changed[key] = value
    return changed


def load(description):
    return tokenizers.Tokenizer.from_str(json.dumps(description))


def decoded(tokenizer, ids):
    return tokenizer.decode(ids, skip_special_tokens=False)


def golden(description, lines):
    tokenizer = load(description)
    ids = [tokenizer.encode(line).ids for line in lines]
    plain = [tokenizer.encode(line, add_special_tokens=False).ids for line in lines]
    texts = [decoded(tokenizer, row) for row in plain]
    return {
        "ids": ids,
        "decoded": [None if text == line else text for text, line in zip(texts, lines)],
    }


def digest(ids, text):
    value = 0x811C9DC5
    for byte in (",".join(map(str, ids)) + "|" + text).encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{value >> 16 ^ value & 0xFFFF:04x}"


def numbered(base, overrides):
    """The overrides with their added tokens numbered as the reference numbers them."""
    if "more_added_tokens" not in overrides:
        return overrides
    tokenizer = load(with_overrides(base, overrides))
    more = [token | {"id": tokenizer.token_to_id(token["content"])} for token in overrides["more_added_tokens"]]
    return overrides | {"more_added_tokens": more}


def variant_goldens(bases, lines):
    for name, base, overrides in VARIANTS:
        overrides = numbered(bases[base], overrides)
        tokenizer = load(with_overrides(bases[base], overrides))
        rows = [tokenizer.encode(line).ids for line in lines]
        digests = "".join(digest(ids, decoded(tokenizer, ids)) for ids in rows)
        yield {"name": name, "base": base, "overrides": overrides, "digests": digests}


def write(path, content):
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def make(smollm, stories, out):
    full = json.loads((smollm / "tokenizer.json").read_text(encoding="utf-8"))
    bases = {
        "byte-level": reduce_byte_level(full, KEPT_MERGES),
        "stories260K": json.loads((stories / "tokenizer.json").read_text(encoding="utf-8")),
    }
    lines = hard_lines()
    out.mkdir(parents=True, exist_ok=True)
    write(out / "lines.json", lines)
    for name, description in bases.items():
        write(out / f"{name}.json", description)
        write(out / f"{name}.golden.json", golden(description, lines))
    write(out / "variants.json", list(variant_goldens(bases, lines)))


def check(path, description):
    tokenizer = tokenizers.Tokenizer.from_file(str(description))
    count = tokens = wrong = 0
    with open(path, encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            ids = tokenizer.encode(row["text"]).ids
            text = decoded(tokenizer, ids)
            count += 1
            tokens += len(ids)
            if ids != row["ids"] or text != row["decoded"]:
                wrong += 1
                if wrong <= 10:
                    print(f"line {count}: {row['text']!r}\n  reference {ids} {text!r}\n  checked   {row['ids']} {row['decoded']!r}")
    print(f"{count} lines, {tokens} tokens, {wrong} lines differ (tokenizers {tokenizers.__version__})")
    return wrong == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smollm", type=pathlib.Path, help="folder with SmolLM2's tokenizer.json")
    parser.add_argument("--stories", type=pathlib.Path, help="folder with stories260K's tokenizer.json")
    parser.add_argument("--out", type=pathlib.Path, help="where the fixtures go")
    parser.add_argument("--check", type=pathlib.Path, help="encoded lines to compare with the reference")
    parser.add_argument("--tokenizer", type=pathlib.Path, help="the tokenizer.json they were encoded with")
    arguments = parser.parse_args()
    if arguments.check and arguments.tokenizer:
        sys.exit(0 if check(arguments.check, arguments.tokenizer) else 1)
    if not (arguments.smollm and arguments.stories and arguments.out):
        parser.error("give --smollm, --stories and --out, or --check and --tokenizer")
    make(arguments.smollm, arguments.stories, arguments.out)


if __name__ == "__main__":
    main()
