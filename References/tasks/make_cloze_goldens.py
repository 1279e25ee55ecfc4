"""Makes the goldens of clozes and few-shot splits in Packages/Datasets.

    python make_cloze_goldens.py ../../Packages/Datasets/Tests/DatasetsTests/Goldens
    python make_cloze_goldens.py --all TOKENIZER GLUE_FOLDER > FILE.json     # for ZEROTH_CLOZE_GOLDENS

Two small tokenizers, of RoBERTa's and of BERT's kind, are trained on the sentences and written beside the goldens.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import pandas as pd
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from cloze import TASKS, cloze, few_shot, labelled, test_lines

SENTENCES = [
    ["a \"fine\" film ", "The end ."],
    ["Éclair naïve — café.", "Über all , she said"],
    ["so , so", "so , so"],
    ["", ""],
    ["One two three four five six seven eight nine ten " * 20, "Eleven twelve."],
    ["short.", "I am long " * 60],
    ["𝄞 ends with a sign 𝄞", "ß begins it"],
]
WORDS = sorted({word for task in TASKS.values() for word in task[1]})


def tokenizers() -> dict[str, Tokenizer]:
    corpus = [sentence for pair in SENTENCES for sentence in pair] + [" " + word for word in WORDS] * 40
    corpus += ["It was . This is , : ?"] * 20
    byte_level = Tokenizer(models.BPE())
    byte_level.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    byte_level.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    byte_level.train_from_iterator(
        corpus,
        trainers.BpeTrainer(
            vocab_size=700, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
        ),
    )
    byte_level.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    word_piece = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    word_piece.normalizer = normalizers.BertNormalizer()
    word_piece.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    word_piece.train_from_iterator(corpus, trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False))
    word_piece.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return {"byte-level": byte_level, "word-piece": word_piece}


def special(tokenizer: Tokenizer) -> tuple[int, int, int]:
    first, last = tokenizer.encode("").ids
    mask = next(i for i in map(tokenizer.token_to_id, ["<mask>", "[MASK]"]) if i is not None)
    return first, mask, last


def word_ids(tokenizer: Tokenizer, words: list[str]) -> list[int]:
    ids = [tokenizer.encode(" " + word, add_special_tokens=False).ids for word in words]
    assert all(len(one) == 1 for one in ids), list(zip(words, ids))
    return [one[0] for one in ids]


def clozes(named: dict[str, Tokenizer]) -> list[dict]:
    rows = []
    for name, tokenizer in named.items():
        cls, mask, sep = special(tokenizer)
        for task, (template, words, length, limit, *_) in TASKS.items():
            for sentences in SENTENCES:
                sentences = sentences[: 2 if "_1" in template else 1]
                ids = cloze(tokenizer, template, sentences, length, limit, cls, mask, sep)
                plain, types = labelled(tokenizer, sentences, length, cls, sep)
                rows.append(
                    {"tokenizer": name, "task": task, "sentences": sentences, "words": word_ids(tokenizer, words)}
                    | {"ids": ids, "blank": ids.index(mask) if ids else None, "plain": plain, "types": types}
                )
    return rows


def splits() -> list[dict]:
    rows = []
    for seed in [13, 21, 42, 87, 100]:
        for count, classes, k in [(60, 2, 3), (200, 6, 16), (7, 3, 2), (1, 1, 1)]:
            labels = np.random.RandomState(count).randint(0, classes, count).tolist()
            train, dev = few_shot(labels, k, seed)
            rows.append({"seed": seed, "labels": labels, "k": k, "train": train, "dev": dev})
    return rows


def tests() -> list[dict]:
    rows = []
    for count, most in [(10, 10), (11, 10), (1043, 1000), (5, 10)]:
        chosen = test_lines(count, most)
        if count > most:
            assert chosen == pd.DataFrame({"line": range(count)}).sample(n=most, random_state=42)["line"].tolist()
        rows.append({"count": count, "most": most, "head": chosen[:12], "sum": sum(i * n for n, i in enumerate(chosen))})
    return rows


def write(path: pathlib.Path, rows: list[dict]) -> None:
    text = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    path.write_text(f"[\n{text}\n]\n", encoding="utf-8")


def everything(tokenizer: Tokenizer, folder: pathlib.Path) -> None:
    cls, mask, sep = special(tokenizer)
    content = []
    for task, (template, words, length, limit, place, columns, label, labels, header) in TASKS.items():
        for part, name in [("training", "train.tsv"), ("validation", "dev.tsv")]:
            path = folder / place / name
            if columns is None or not path.exists():
                continue
            rows = [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8-sig")][header:]
            golds = [labels.index(row[label]) for row in rows]
            digests = []
            for row, gold in zip(rows, golds):
                ids = cloze(tokenizer, template, [row[column] for column in columns], length, limit, cls, mask, sep)
                text = f"{gold}:{ids.index(mask)}:" + ",".join(map(str, ids))
                digests.append(hashlib.sha256(text.encode()).hexdigest()[:12])
            print(task, part, len(rows), file=sys.stderr)
            shots = [few_shot(golds, 16, seed) for seed in [13, 21, 42, 87, 100]]
            content.append({"task": task, "folder": str((folder / place).absolute()), "part": part} | {"digests": digests})
            content[-1] |= {"shots": shots, "tests": test_lines(len(rows), 1000)}
    json.dump(content, sys.stdout)


def main() -> None:
    if sys.argv[1] == "--all":
        everything(Tokenizer.from_file(sys.argv[2]), pathlib.Path(sys.argv[3]))
        return
    out, named = pathlib.Path(sys.argv[1]), tokenizers()
    for name, tokenizer in named.items():
        tokenizer.save(str(out / f"{name}.tokenizer.json"), pretty=False)
    write(out / "clozes.json", clozes(named))
    write(out / "few-shot.json", splits())
    write(out / "test-lines.json", tests())


if __name__ == "__main__":
    main()
