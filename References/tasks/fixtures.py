"""Small files in the official formats of the tasks, written by hand: awkward rather than many."""

import json
import pathlib


def lines(rows) -> str:
    return "".join(json.dumps(row, ensure_ascii=number % 2 == 0) + "\n" for number, row in enumerate(rows))


COPA = [
    {"premise": "The lamp went out.", "choice1": "I pulled the plug.", "choice2": "The moon rose.", "question": "cause", "label": 0},
    {"premise": "Éva missed her train...  ", "choice1": "Ünder way, she ran.", "choice2": "I'd say she waited.", "question": "effect", "label": 1},
    {"premise": "Was it raining?", "choice1": "  Two spaces first.", "choice2": "ISLANDS sank.", "question": "effect", "label": 1},
    {"premise": "No stop\u3000", "choice1": "", "choice2": "I", "question": "cause", "label": 0},
]
WINOGRANDE = [
    {"qID": "a-1", "sentence": "Ann lent Bea the map because _ was lost.", "option1": "Ann", "option2": "Bea", "answer": "2"},
    {"qID": "a-2", "sentence": "_ thanked Dan for what Cy's friend did.", "option1": "Cy", "option2": "Dan", "answer": "1"},
    {"qID": "a-3", "sentence": "The cup did not fit the box, so I returned the _", "option1": "cup", "option2": "small box", "answer": "1"},
]
MULTIRC = [
    {
        "idx": 0,
        "version": 1.1,
        "passage": {
            "text": "The tide rose twice a day.\nNobody counted the boats — except Ida.",
            "questions": [
                {"question": "Who counted?", "answers": [{"text": "Ida", "idx": 0, "label": 1}, {"text": "  Nobody ", "idx": 1, "label": 0}], "idx": 0},
                {"question": "How often?", "answers": [{"text": "Twice a \"day\"", "idx": 2, "label": 1}], "idx": 1},
            ],
        },
    },
    {"idx": 1, "version": 1.1, "passage": {"text": "", "questions": [{"question": "Why? ", "answers": [{"text": "", "idx": 3, "label": 0}], "idx": 2}]}},
]
BOOLQ = [
    {"question": "is the sea salty", "passage": "Sea -- The sea is salty.", "idx": 0, "label": True},
    {"question": "ßtraße oder weg?", "passage": "Weg (way)  -- two  spaces", "idx": 1, "label": False},
    {"question": "Éclairs are sweet ?", "passage": "", "idx": 2, "label": True},
    {"question": "7 or eight?!", "passage": "Ends with a break\n", "idx": 3, "label": False},
]
GOOGLE_BOOLQ = [
    {"question": "do fish sleep", "title": "Fish", "answer": True, "passage": "Most fish rest."},
    {"question": "is ice hot", "title": "Ice", "answer": False, "passage": "Ice is cold."},
]
CB = [
    {"premise": "B: I thought so. A: Did you? ", "hypothesis": "he thought so", "label": "entailment", "idx": 0},
    {"premise": "It is \"quoted\".", "hypothesis": "it is not", "label": "contradiction", "idx": 1},
    {"premise": " Maybe.", "hypothesis": "", "label": "neutral", "idx": 2},
]
RTE = [
    {"premise": "Two men met in Łódź.", "hypothesis": "Men met.", "label": "entailment", "idx": 0},
    {"premise": "Nobody came.", "hypothesis": "\"All\" came.", "label": "not_entailment", "idx": 1},
]
WIC = [
    {"word": "bank", "sentence1": "The bank of the Seine.", "sentence2": "A bank lends.", "idx": 0, "label": False, "start1": 4, "start2": 2, "end1": 8, "end2": 6, "version": 1.1},
    {"word": "run", "sentence1": "She runs.", "sentence2": "He ran home .", "idx": 1, "label": True, "start1": 4, "start2": 3, "end1": 8, "end2": 6, "version": 1.1},
]
WSC = [
    {"text": "Mark told Pete that He lied.", "target": {"span1_index": 0, "span1_text": "Mark", "span2_index": 4, "span2_text": "He"}, "idx": 0, "label": False},
    {"text": "the old men met the\nwomen at noon .", "target": {"span1_index": 0, "span1_text": "The old men.", "span2_index": 4, "span2_text": "The women"}, "idx": 1, "label": True},
    {"text": "It rained so Ann stayed.", "target": {"span1_index": 3, "span1_text": "ann...", "span2_index": 0, "span2_text": "it"}, "idx": 2, "label": True},
    {"text": "Kamenev, and not Zinoviev, left; they wept.", "target": {"span1_index": 0, "span1_text": "Kamenev and Zinoviev", "span2_index": 5, "span2_text": "they"}, "idx": 3, "label": False},
]


def record_passage(text: str, names: list[str]) -> dict:
    """Entities by the places of their first code points and their last ones; each name where it first occurs."""
    places = [{"start": text.index(name), "end": text.index(name) + len(name) - 1} for name in names]
    return {"text": text, "entities": places}


RECORD = [
    {
        "source": "Daily mail",
        "passage": record_passage(
            "𝄞 Zoë Åberg met Bo in Rome.\n@highlight\nBo was late\n@highlight\nRome was hot", ["Bo", "Zoë Åberg", "Rome", "Bo", "Å"]
        ),
        "qas": [
            {"query": "@placeholder waited for Bo; @placeholder sighed", "answers": [{"start": 2, "end": 10, "text": "Zoë Åberg"}], "idx": {"passage": 0, "query": 0}},
            {"query": "in @placeholder", "answers": [{"start": 0, "end": 0, "text": "Rome"}, {"start": 0, "end": 0, "text": "Bo"}, {"start": 0, "end": 0, "text": "Bo"}, {"start": 0, "end": 0, "text": "elsewhere"}], "idx": {"passage": 0, "query": 1}},
        ],
        "idx": {"passage": 0},
    },
    {
        "source": "CNN",
        "passage": record_passage("A cafe\u0301 in Ulm", ["Ulm"]),
        "qas": [{"query": "No blank", "answers": [{"start": 0, "end": 2, "text": "Ulm"}], "idx": {"passage": 1, "query": 2}}],
        "idx": {"passage": 1},
    },
]
SQUAD = {
    "version": "1.1",
    "data": [
        {
            "title": "Tea_House",
            "paragraphs": [
                {
                    "context": " Tea came in 1610.",
                    "qas": [
                        {"id": "1", "question": " When did tea come? ", "answers": [{"text": "1610", "answer_start": 13}, {"text": "in 1610", "answer_start": 10}]},
                        {"id": "2", "question": "What came?", "answers": [{"text": "Tea", "answer_start": 1}]},
                    ],
                }
            ],
        },
        {"title": "Éire", "paragraphs": [{"context": "Two\nlines", "qas": [{"id": "3", "question": "Lines?", "answers": [{"text": "Two ", "answer_start": 0}]}]}]},
    ],
}


def drop_answer(number="", day="", month="", year="", spans=()) -> dict:
    return {"number": number, "date": {"day": day, "month": month, "year": year}, "spans": list(spans)}


def drop(validated: bool) -> dict:
    def pair(question, answer, *others):
        return {"question": question, "query_id": question, "answer": answer} | ({"validated_answers": [answer, *others]} if validated else {})

    return {
        "nfl_2": {
            "passage": "They scored 3 and 4.",
            "qa_pairs": [
                pair("How many points? ", drop_answer(number="7"), drop_answer(number="8")),
                pair("When?", drop_answer(day="3", year="1920"), drop_answer(month="May", year="1920")),
                pair("Both?", drop_answer(number="7", spans=["seven"])),
            ],
        },
        "history_1": {"passage": "Ann and Bo met.", "qa_pairs": [pair("Who met?", drop_answer(spans=["Ann", "Bo"])), pair("None?", drop_answer())]},
    }


DROP_LINES = [{"query_id": "x", "passage": "A 1, a 2.", "question": "Sum?", "answers": [["3"], ["three", "3.0"]]}]
SST2 = "sentence\tlabel\n  a \"fine\" film \t1\nso , so\t0\n\u2003café naïve\u3000\t1\n"


def write(folder: pathlib.Path) -> None:
    """Training files and, for the tasks whose formats differ, other validation files."""
    files = {
        "SST-2/train.tsv": SST2,
        "COPA/train.jsonl": lines(COPA),
        "winogrande_1.1/train_m.jsonl": lines(WINOGRANDE),
        "MultiRC/train.jsonl": lines(MULTIRC),
        "BoolQ/train.jsonl": lines(BOOLQ),
        "BoolQ/dev.jsonl": lines(GOOGLE_BOOLQ),
        "CB/train.jsonl": lines(CB),
        "RTE/train.jsonl": lines(RTE),
        "WiC/train.jsonl": lines(WIC),
        "WSC/train.jsonl": lines(WSC),
        "ReCoRD/train.jsonl": lines(RECORD),
        "squad/train-v1.1.json": json.dumps(SQUAD, ensure_ascii=False, indent=1),
        "drop_dataset/drop_dataset_train.json": json.dumps(drop(False)),
        "drop_dataset/drop_dataset_dev.json": json.dumps(drop(True)),
        "drop_lines/dev.jsonl": lines(DROP_LINES),
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
