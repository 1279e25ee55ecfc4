"""LM-BFF's prompts for masked language models and its choice of few examples, from their published definition."""

import numpy as np

IT_WAS = "*cls**sent_0*_It_was*mask*.*sep+*"
THIS_IS = "*cls**sent_0*_This_is*mask*.*sep+*"
QUESTION = "*cls**sent-_0*?*mask*,*+sentl_1**sep+*"
PAIR = "*cls**sent_0**mask*,*+sentl_1**sep+*"
OPINIONS, ANSWERS = ["terrible", "great"], ["No", "Yes", "Maybe"]

# task: (template, words, most tokens, most tokens of the first sentence, folder, sentences' columns, label's column,
#        labels, header lines); columns of None are of comma-separated files "label,sentence".
TASKS = {
    "sst2": (IT_WAS, OPINIONS, 128, None, "SST-2", [0], 1, ["0", "1"], 1),
    "sst5": (IT_WAS, ["terrible", "bad", "okay", "good", "great"], 128, 110, "sst-5", None, 0, list("01234"), 0),
    "mr": (IT_WAS, OPINIONS, 128, 110, "mr", None, 0, list("01"), 0),
    "cr": (IT_WAS, OPINIONS, 128, 110, "cr", None, 0, list("01"), 0),
    "mpqa": (IT_WAS, OPINIONS, 128, 110, "mpqa", None, 0, list("01"), 0),
    "subj": (THIS_IS, ["subjective", "objective"], 128, 110, "subj", None, 0, list("01"), 0),
    "trec": (
        "*cls**mask*:*+sent_0**sep+*",
        ["Description", "Entity", "Expression", "Human", "Location", "Number"],
        128, 110, "trec", None, 0, list("012345"), 0,
    ),
    "cola": (THIS_IS, ["incorrect", "correct"], 128, None, "CoLA", [3], 1, ["0", "1"], 0),
    "mnli": (QUESTION, ANSWERS, 256, 240, "MNLI", [8, 9], -1, ["contradiction", "entailment", "neutral"], 1),
    "snli": (QUESTION, ANSWERS, 256, None, "SNLI", [7, 8], -1, ["contradiction", "entailment", "neutral"], 1),
    "rte": (QUESTION, ["Yes", "No"], 256, 240, "RTE", [1, 2], -1, ["entailment", "not_entailment"], 1),
    "qnli": (QUESTION, ["Yes", "No"], 128, None, "QNLI", [1, 2], -1, ["entailment", "not_entailment"], 1),
    "qqp": (PAIR, ["No", "Yes"], 128, None, "QQP", [3, 4], 5, ["0", "1"], 1),
    "mrpc": (PAIR, ["No", "Yes"], 128, None, "MRPC", [3, 4], 0, ["0", "1"], 1),
}


def changed(sentence: str, signs: str) -> str:
    """signs: what stands around `sent` in the piece, as `+l-`."""
    if "l" in signs or "u" in signs:
        first = sentence[:1].lower() if "l" in signs else sentence[:1].upper()
        sentence = first + sentence[1:]
    sentence = sentence[:-1] if "-" in signs else sentence
    return " " + sentence if "+" in signs else sentence


def cloze(tokenizer, template, sentences, max_length, first_limit, cls, mask, sep) -> list[int] | None:
    """Tokens of the text with a blank; None where the blank is cut off."""
    plain = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    ids = []
    for part in template.split("*"):
        if part in ("cls", "mask", "sep", "sep+"):
            ids.append({"cls": cls, "mask": mask}.get(part, sep))
        elif part.lstrip("+").startswith("sent"):
            head, place = part.rsplit("_", 1)
            tokens = plain(changed(sentences[int(place)], head.replace("sent", "")))
            ids += tokens[:first_limit] if place == "0" and first_limit is not None else tokens
        else:
            part = part.replace("_", " ")
            ids += [tokenizer.token_to_id(part)] if len(part) == 1 else plain(part)
    ids = ids[:max_length]
    return ids if mask in ids else None


def labelled(tokenizer, sentences, max_length, cls, sep) -> tuple[list[int], list[int]]:
    ids, types = [cls], [0]
    for place, sentence in enumerate(sentences):
        tokens = tokenizer.encode(sentence, add_special_tokens=False).ids + [sep]
        ids, types = ids + tokens, types + [place] * len(tokens)
    return ids[:max_length], types[:max_length]


def few_shot(labels: list, k: int, seed: int) -> tuple[list[int], list[int]]:
    np.random.seed(seed)
    lines = list(enumerate(labels))
    np.random.shuffle(lines)
    groups = {}
    for index, label in lines:
        groups.setdefault(label, []).append(int(index))
    train = [index for group in groups.values() for index in group[:k]]
    return train, [index for group in groups.values() for index in group[k : 2 * k]]


def test_lines(count: int, most: int) -> list[int]:
    lines = list(range(count))
    if count > most:
        np.random.seed(42)
        np.random.shuffle(lines)
    return lines[:most]
