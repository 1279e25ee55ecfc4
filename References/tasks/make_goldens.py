"""Makes the tasks' goldens of Packages/Datasets: hand-written files in the official formats, worded and tokenized.

    python make_goldens.py ../../Models/stories260K/tokenizer.json ../../Packages/Datasets/Tests/DatasetsTests/Goldens
    python make_goldens.py --all TOKENIZER FOLDER... > FILE.json     # of all data at hand, for ZEROTH_TASK_GOLDENS

With --all, each FOLDER holds data sets' folders (COPA, SST-2, squad...), and FILE holds a digest for every example.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
from tokenizers import Tokenizer

import fixtures
from tasks import TASKS, encode

PARTS = {
    "training": ["train.jsonl", "train.tsv", "train_m.jsonl", "train-v1.1.json", "drop_dataset_train.json"],
    "validation": ["val.jsonl", "dev.tsv", "dev.jsonl", "dev-v1.1.json", "drop_dataset_dev.json"],
}


def files(folder: pathlib.Path):
    for part, names in PARTS.items():
        for name in names:
            if (folder / name).exists():
                yield part, folder / name
                break


def rows(name: str, folder: pathlib.Path, tokenizer: Tokenizer, max_length: int):
    """(part, template, wording, tokens, tokens without the input) of every example."""
    _, read, word, versions = TASKS[name]
    for part, path in files(folder):
        samples = read(path)
        for version in range(versions):
            for sample in samples:
                prompt, candidates, free, free_candidates, golds, answers = wording = word(sample, version)
                yield part, version, wording, encode(tokenizer, prompt, candidates, max_length), encode(
                    tokenizer, free, free_candidates, max_length, strips=False
                )


def goldens(tokenizer: Tokenizer, out: pathlib.Path) -> None:
    fixtures.write(out / "tasks")
    content = []
    for name, (folder, *_) in TASKS.items():
        for place in [folder] + (["drop_lines"] if name == "drop" else []):
            for length in [2048, 24]:
                for part, version, (prompt, texts, free, free_texts, golds, answers), tokens, free_tokens in rows(
                    name, out / "tasks" / place, tokenizer, length
                ):
                    content.append(
                        {"task": name, "folder": place, "part": part, "template": version, "max_length": length}
                        | ({"prompt": prompt, "texts": texts, "free": free, "free_texts": free_texts} if length > 24 else {})
                        | {"golds": golds, "answers": answers}
                        | {"ids": [ids for ids, _ in tokens], "options": [option for _, option in tokens]}
                        | {"free_ids": [ids for ids, _ in free_tokens], "free_options": [option for _, option in free_tokens]}
                    )
    write(out / "tasks.json", content)
    folders = {name: TASKS[name][0] for name in ["sst2", "copa", "record", "squad"]}
    write(out / "demonstrations.json", [row for name, folder in folders.items() for row in shown(name, out / "tasks" / folder, tokenizer)])
    write(out / "demonstration-sets.json", choices())


def shown(name: str, folder: pathlib.Path, tokenizer: Tokenizer) -> list[dict]:
    """Every example of a training file after all the others of it, with the input and without."""
    wordings = [wording for part, version, wording, *_ in rows(name, folder, tokenizer, 2048) if (part, version) == ("training", 0)]
    content = []
    for place, (prompt, texts, free, free_texts, golds, _) in enumerate(wordings):
        others = [w for at, w in enumerate(wordings) if at != place]
        text = "\n\n".join(w[1][w[4][0]].strip() for w in others).strip()
        tokens = encode(tokenizer, prompt, texts, 2048, text)
        free_tokens = encode(tokenizer, free, free_texts, 2048, text)
        border = tokenizer.encode((text + "\n\n" + prompt.strip(" ")).lstrip().strip(" ")).ids
        content.append(
            {"task": name, "folder": folder.name, "place": place, "prompt": border}
            | {"ids": [ids for ids, _ in tokens], "options": [option for _, option in tokens]}
            | {"free_ids": [ids for ids, _ in free_tokens], "free_options": [option for _, option in free_tokens]}
        )
    return content


def choices() -> list[dict]:
    """Which examples are shown before each: MeZO's one set for each example."""
    content = []
    for count, asked, k in [(10, 4, 3), (400, 5, 8), (3, 2, 3)]:
        np.random.seed(0)
        seeds = np.random.randint(0, 10000, asked)
        sets = [np.random.RandomState(seed).permutation(count)[:k].tolist() for seed in seeds]
        content.append({"count": count, "asked": asked, "k": k, "sets": sets})
    return content


def write(path: pathlib.Path, content: list[dict]) -> None:
    text = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in content)
    path.write_text(f"[\n{text}\n]\n", encoding="utf-8")


def digest(wording, tokens, free_tokens) -> str:
    prompt, texts, free, free_texts, golds, answers = wording
    parts = [prompt, *texts, free, *free_texts, *map(str, golds), *answers]
    # Without an opening token nothing predicts the first word of a text that has nothing before its answer.
    scorable = all(0 < option < len(ids) for ids, option in free_tokens)
    for ids, option in tokens + (free_tokens if scorable else []):
        parts.append(",".join(map(str, ids)) + ":" + str(option))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


def everything(tokenizer: Tokenizer, folders: list[pathlib.Path]) -> None:
    content = []
    for folder in folders:
        for name, (place, *_) in TASKS.items():
            found = {}
            for part, version, *rest in rows(name, folder / place, tokenizer, 2048) if (folder / place).is_dir() else []:
                found.setdefault((part, version), []).append(digest(*rest))
            for (part, version), digests in found.items():
                print(name, part, version, len(digests), file=sys.stderr)
                row = {"task": name, "folder": str((folder / place).absolute()), "part": part, "template": version}
                content.append(row | {"digests": digests})
    json.dump(content, sys.stdout)


def main() -> None:
    if sys.argv[1] == "--all":
        tokenizer, *folders = map(pathlib.Path, sys.argv[2:])
        everything(Tokenizer.from_file(str(tokenizer)), folders)
    else:
        tokenizer, out = map(pathlib.Path, sys.argv[1:])
        goldens(Tokenizer.from_file(str(tokenizer)), out)


if __name__ == "__main__":
    main()
