"""The tasks of MeZO and ZO-LLM in Python: official files -> samples -> texts. Written from their published definition.

A reader gives samples (dicts) of a file; a wording gives, for a sample and a template's version,
(prompt, candidates, input-free prompt, input-free candidates, right candidates, accepted answers).
"""

import json
import pathlib


def json_lines(path: pathlib.Path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def label(value, names: list[str]) -> int:
    return names.index(value) if isinstance(value, str) else int(value)


# Readers ---------------------------------------------------------------------------------------------------------------


def read_sst2(path):
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    return [{"sentence": sentence, "label": int(mark)} for sentence, mark in rows]


def read_plain(path):
    return list(json_lines(path))


def read_rte(path):
    if path.suffix == ".jsonl":
        return read_plain(path)
    with open(path, encoding="utf-8") as file:
        header, *lines = [line.rstrip("\n").split("\t") for line in file]
    return [{"premise": row[1], "hypothesis": row[2], "label": row[-1]} for row in lines]


def read_multirc(path):
    return [
        {
            "paragraph": row["passage"]["text"],
            "question": question["question"],
            "answer": answer["text"],
            "label": int(answer["label"]),
        }
        for row in json_lines(path)
        for question in row["passage"]["questions"]
        for answer in question["answers"]
    ]


def read_wsc(path):
    samples = []
    for row in json_lines(path):
        sample = {"text": row["text"], "label": int(row["label"])} | row["target"]
        for span in ["span1", "span2"]:
            words = sample[span + "_text"]
            if words in sample["text"] or words in ("Kamenev and Zinoviev", "Kamenev, Zinoviev, and Stalin"):
                continue
            small = sample["text"].split()[sample[span + "_index"]][0].islower()
            words = (words[0].lower() if small else words[0].upper()) + words[1:]
            sample[span + "_text"] = words.rstrip(".").replace("\n", " ")
        samples.append(sample)
    return samples


def read_record(path):
    samples = []
    for row in json_lines(path):
        text = row["passage"]["text"]
        entities = sorted({text[entity["start"] : entity["end"] + 1] for entity in row["passage"]["entities"]})
        for question in row["qas"]:
            answers = sorted({answer["text"] for answer in question["answers"]})
            samples.append({"passage": text, "query": question["query"], "entities": entities, "answers": answers})
    return samples


def read_squad(path):
    return [
        {
            "title": article["title"],
            "context": paragraph["context"],
            "question": question["question"],
            "answers": [answer["text"] for answer in question["answers"]],
        }
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    ]


def drop_spans(answer) -> list[str] | None:
    date = [answer["date"].get(part, "") for part in ["day", "month", "year"]]
    kinds = [bool(answer["number"] != ""), any(date), bool(answer["spans"])]
    if sum(kinds) > 1:
        return None
    if kinds[0]:
        return [answer["number"]]
    return [" ".join(date).strip()] if kinds[1] else answer["spans"]


def read_drop(path):
    if path.suffix == ".jsonl":
        return [row | {"answers": [span for spans in row["answers"] for span in spans]} for row in json_lines(path)]
    samples = []
    for section in json.loads(path.read_text(encoding="utf-8")).values():
        for pair in section["qa_pairs"]:
            spans = [drop_spans(answer) for answer in pair.get("validated_answers") or [pair["answer"]]]
            if None in spans or not sum(spans, []):
                continue
            samples.append({"passage": section["passage"], "question": pair["question"], "answers": sum(spans, [])})
    return samples


# Wordings --------------------------------------------------------------------------------------------------------------


def words(prompt, answers, gold, separator="", free="", free_separator=None):
    free_separator = separator if free_separator is None else free_separator
    return (
        prompt,
        [prompt + separator + answer for answer in answers],
        free,
        [free + free_separator + answer for answer in answers],
        gold if isinstance(gold, list) else [gold],
        [],
    )


def sst2(s, version):
    text = s["sentence"].strip()
    names = ["terrible", "great"]
    if version == 0:
        return words(f"{text} It was", names, s["label"], " ", " It was")
    return words(f"{text} ", names, s["label"], "", " ")


def copa(s, version):
    premise = s["premise"].rstrip()
    premise = premise[:-1] if premise.endswith(".") else premise
    conjunction = {"effect": " so ", "cause": " because "}[s["question"]] if version == 0 else " "

    def small(choice):
        first, *rest = choice.split(" ")
        return " ".join([first if first == "I" else first.lower()] + rest)

    choices = [small(s["choice1"]), small(s["choice2"])]
    return words(premise + conjunction, choices, s["label"], "", conjunction.strip(), " ")


def boolq(s, version):
    question = s["question"] if s["question"].endswith("?") else s["question"] + "?"
    prompt = f"{s['passage']} {question[0].upper() + question[1:]}" + ["", "\\n\\n", "\n"][version]
    answer = s["label"] if "label" in s else s["answer"]
    return words(prompt, ["Yes", "No"], 0 if answer else 1, " " if version == 0 else "", "", "")


def multirc(s, _):
    return words(
        f"{s['paragraph']}\nQuestion: {s['question']}\nI found this answer \"{s['answer']}\". "
        "Is that correct? Yes or No?\n",
        ["No", "Yes"],
        s["label"],
    )


def cb(s, _):
    return words(
        f"Suppose {s['premise']} Can we infer that \"{s['hypothesis']}\"? Yes, No, or Maybe?\n",
        ["Yes", "No", "Maybe"],
        label(s["label"], ["entailment", "contradiction", "neutral"]),
    )


def rte(s, version):
    question = f"Does this mean that \"{s['hypothesis']}\" is true? Yes or No?"
    question = question if version == 0 else f"\"{s['hypothesis']}\""
    gold = label(s["label"], ["entailment", "not_entailment"])
    return words(f"{s['premise']}\n{question}\n", ["Yes", "No"], gold)


def wic(s, _):
    return words(
        f"Does the word \"{s['word']}\" have the same meaning in these two sentences? Yes, No?\n"
        f"{s['sentence1']}\n{s['sentence2']}\n",
        ["No", "Yes"],
        int(s["label"]),
    )


def wsc(s, _):
    return words(
        f"{s['text']}\nIn the previous sentence, does the pronoun \"{s['span2_text'].lower()}\" refer to "
        f"{s['span1_text']}? Yes or No?\n",
        ["No", "Yes"],
        s["label"],
    )


def record(s, _):
    queries = [s["query"].replace("@placeholder", entity) for entity in s["entities"]]
    golds = [s["entities"].index(answer) for answer in s["answers"] if answer in s["entities"]]
    return words(s["passage"].replace("@highlight\n", "- ") + "\n-", queries, golds, " ", "-")


def winogrande(s, _):
    before, after = s["sentence"].split("_")
    return words(before, [s["option1"] + after, s["option2"] + after], int(s["answer"]) - 1)


def generated(prompt, answers):
    return prompt, [f"{prompt} {answers[0]}\n"], "", [], [0], answers


def squad(s, _):
    return generated(
        f"Title: {s['title']}\nContext: {s['context']}\nQuestion: {s['question'].strip()}\nAnswer:", s["answers"]
    )


def drop(s, _):
    return generated(f"Passage: {s['passage']}\nQuestion: {s['question'].strip()}\nAnswer:", s["answers"])


# name: (folder, reader, wording, templates)
TASKS = {
    "sst2": ("SST-2", read_sst2, sst2, 2),
    "copa": ("COPA", read_plain, copa, 2),
    "winogrande": ("winogrande_1.1", read_plain, winogrande, 1),
    "multirc": ("MultiRC", read_multirc, multirc, 1),
    "boolq": ("BoolQ", read_plain, boolq, 3),
    "cb": ("CB", read_plain, cb, 1),
    "rte": ("RTE", read_rte, rte, 2),
    "wic": ("WiC", read_plain, wic, 1),
    "wsc": ("WSC", read_wsc, wsc, 1),
    "record": ("ReCoRD", read_record, record, 1),
    "squad": ("squad", read_squad, squad, 1),
    "drop": ("drop_dataset", read_drop, drop, 1),
}


# Tokens ----------------------------------------------------------------------------------------------------------------


def encode(tokenizer, prompt, candidates, max_length, demonstrations="", strips=True):
    """Tokens of every candidate's text and how many of them, at the end, are the answer."""
    border = len(tokenizer.encode(prompt.strip(" ")).ids)
    rows = []
    for candidate in candidates:
        text = candidate.strip(" ")
        ids = tokenizer.encode(text).ids
        option = len(ids) - border
        final = (demonstrations + "\n\n" + text).lstrip().strip(" ") if strips else text
        ids = ids if final == text else tokenizer.encode(final).ids
        if len(ids) > max_length:
            adds_start = tokenizer.encode("").ids != []
            ids = ids[:1] + ids[1:][-(max_length - 1) :] if adds_start else ids[-max_length:]
        rows.append((ids, option))
    return rows
