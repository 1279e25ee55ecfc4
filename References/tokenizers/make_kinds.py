"""Trains small tokenizers of every kind, and makes their goldens: what transformers, tokenizers and sentencepiece give.

    pip install -r requirements.txt
    python make_kinds.py --out ../../Packages/Tokenizer/Tests/TokenizersTests/Fixtures/kinds

Each folder under --out is a model folder as users bring it, without a tokenizer.json: vocab.json and merges.txt, vocab.txt,
tokenizer.model or spm.model, with the configuration that says how they are meant. `lines.json` is the input; each
`NAME.golden.json` holds, for every line, eight hexadecimal digits (FNV-1a, 32 bits, of ids, offsets, type ids, mask,
decoded text and, every eighth line, the same of a pair with the line before), and for some lines the ids themselves.
"""

import argparse
import json
import os
import pathlib
import shutil
import tempfile

os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import sentencepiece
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer

from hard_lines import WORDS, hard_lines

FULL_EVERY = 60
PAIR_EVERY = 8
LLAMA = {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "add_eos_token": False}


def added(content, **options):
    token = {"__type": "AddedToken", "content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}
    return token | options


def corpus(lines):
    english = "Once upon a time there was a little movie that was great and terrible, not boring, and the people loved it. "
    return [english * 3] * 600 + [" ".join(WORDS)] * 100 + [line for line in lines[:400] if "\0" not in line]


def write(path, content):
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def folder(out, name, model_type, configuration):
    path = out / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    if model_type:
        write(path / "config.json", {"model_type": model_type})
    if configuration is not None:
        write(path / "tokenizer_config.json", configuration)
    return path


def train_byte_level(path, lines, special):
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(corpus(lines), trainer)
    tokenizer.model.save(str(path))


def train_word_piece(path, lines):
    tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=900, special_tokens=special, limit_alphabet=500, show_progress=False)
    tokenizer.train_from_iterator(corpus(lines), trainer)
    tokenizer.model.save(str(path))


def train_sentencepiece(path, lines, **options):
    with tempfile.TemporaryDirectory() as temporary:
        text = pathlib.Path(temporary, "text")
        text.write_text("\n".join(line.replace("\n", " ").replace("\r", " ") for line in corpus(lines)), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(text), model_prefix=str(pathlib.Path(temporary, "model")), num_threads=1, minloglevel=2,
            hard_vocab_limit=False, **options)
        shutil.copy(pathlib.Path(temporary, "model.model"), path)


def rules(path):
    """A small map of characters: one to one, one to many, many to one, a cluster, and one to nothing."""
    pairs = [("Ａ", "A"), ("ﬁ", "fi"), ("½", "1/2"), ("e\u0301", "é"), ("a\u0301\u0327", "á"), ("\u200b", ""), ("\t", " "), ("\n", " "), ("\u3000", " "), ("…", "..."), ("👨‍👩", "♥")]
    code = lambda text: " ".join(f"{ord(c):X}" for c in text)
    path.write_text("".join(f"{code(a)}\t{code(b)}\n" for a, b in pairs), encoding="utf-8")


def make_folders(out, lines):
    roberta = folder(out, "roberta", "roberta", {"mask_token": added("<mask>", lstrip=True, normalized=False)})
    train_byte_level(roberta, lines, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    opt = folder(out, "opt", "opt", {
        "tokenizer_class": "GPT2Tokenizer", "add_bos_token": True, "bos_token": added("</s>"), "eos_token": added("</s>"),
        "unk_token": added("</s>"), "pad_token": added("<pad>")})
    for name in ["vocab.json", "merges.txt"]:
        shutil.copy(roberta / name, opt / name)
    bert = folder(out, "bert", "bert", None)
    train_word_piece(bert, lines)
    llama = folder(out, "llama", "llama", LLAMA)
    train_sentencepiece(
        llama / "tokenizer.model", lines, model_type="bpe", vocab_size=700, byte_fallback=True, character_coverage=0.99,
        normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True)
    legacy = folder(out, "llama-legacy", "llama", LLAMA | {"legacy": True})
    shutil.copy(llama / "tokenizer.model", legacy / "tokenizer.model")
    deberta = folder(out, "deberta", "deberta-v2", {"do_lower_case": False})
    with tempfile.TemporaryDirectory() as temporary:
        rules(pathlib.Path(temporary, "rules.tsv"))
        options = dict(model_type="unigram", vocab_size=1500, normalization_rule_tsv=str(pathlib.Path(temporary, "rules.tsv")))
        train_sentencepiece(
            deberta / "spm.model", lines, character_coverage=0.985, pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]",
            bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]", **options)
        train_sentencepiece(
            out / "unigram.model", lines, character_coverage=0.985, byte_fallback=True,
            user_defined_symbols=["<|im_end|>", "not"], control_symbols=["<repo_name>"], **options)
        train_sentencepiece(
            out / "bpe.model", lines, character_coverage=0.98, user_defined_symbols=["<|im_end|>", "not"],
            **(options | {"model_type": "bpe", "vocab_size": 900}))


def digest(row):
    value = 0x811C9DC5
    for byte in row.encode("utf-8", "surrogatepass"):
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{value:08x}"


def described(encoding):
    offsets = " ".join(f"{start}-{end}" for start, end in encoding.offsets)
    return "|".join([
        ",".join(map(str, encoding.ids)), offsets, ",".join(map(str, encoding.type_ids)),
        ",".join(map(str, encoding.special_tokens_mask))])


def folder_golden(path, lines):
    tokenizer = path if isinstance(path, tokenizers.Tokenizer) else AutoTokenizer.from_pretrained(path).backend_tokenizer
    digests, full, before = [], {}, ""
    for number, line in enumerate(lines):
        encoding = tokenizer.encode(line)
        plain = tokenizer.encode(line, add_special_tokens=False).ids
        row = described(encoding) + "|" + tokenizer.decode(plain, skip_special_tokens=False)
        if number % PAIR_EVERY == 0:
            row += "|" + described(tokenizer.encode(line, before))
        digests.append(digest(row))
        if number % FULL_EVERY == 0:
            full[str(number)] = encoding.ids
        before = line
    return {"digests": "".join(digests), "ids": full}


def model_golden(path, lines):
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    rows = [model.encode(line) for line in lines]
    return {
        "digests": "".join(digest(",".join(map(str, row))) for row in rows),
        "ids": {str(number): row for number, row in enumerate(rows) if number % FULL_EVERY == 0},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="where the folders and goldens go")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    lines = hard_lines(seed=20261121, count=1760)
    write(out / "lines.json", lines)
    make_folders(out, lines)
    for path in sorted(path for path in out.iterdir() if path.is_dir()):
        write(out / f"{path.name}.golden.json", folder_golden(path, lines))
    for path in sorted(out.glob("*.model")):
        write(out / f"{path.stem}.golden.json", model_golden(path, lines))
    for name in ["byte-level", "stories260K"]:
        tokenizer = tokenizers.Tokenizer.from_file(str(out.parent / f"{name}.json"))
        write(out / f"{name}.golden.json", folder_golden(tokenizer, lines))


if __name__ == "__main__":
    main()
