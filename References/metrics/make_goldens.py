"""Token F1 and exact match as SQuAD's official script counts them, and intervals of means as SciPy gives them.

    python make_goldens.py > ../../Packages/Eval/Tests/EvaluationTests/Goldens/metrics.json

torchmetrics carries the official script's functions. Two rules are the benchmark's (MeZO's) own and are added here: F1 is
0 where the answer or the reference has no token left (torchmetrics, as SQuAD 2.0, says 1 where both have none), and
where the first reference is "CANNOTANSWER" or "no answer" the answer must be that, or F1 is 0.
"""

import importlib
import json
import random
import sys

import numpy
from scipy import stats

official = importlib.import_module("torchmetrics.functional.text.squad")


def f1(answer, references):
    if references[0] in ("CANNOTANSWER", "no answer"):
        return float(official._compute_exact_match_score(answer, references[0]))
    scores = [0.0]
    for reference in references:
        if official._get_tokens(answer) and official._get_tokens(reference):
            scores.append(float(official._compute_f1_score(answer, reference).double()))
    return max(scores)


def exact_match(answer, references):
    return float(max(official._compute_exact_match_score(answer, reference) for reference in references))


WORDS = ["the", "a", "an", "The", "AN", "theory", "Saint", "Bernadette", "Soubirous", "1858", "3.5", "million", "U.S.",
         "well-known", "don't", "Ünïcode", "naïve", "naïve", "ΟΔΟΣ", "İstanbul", "ß", "東京", "a\u0301", "the²", "x_a_y",
         "…", "“quoted”", "$5", "50%", "", "a,b", "(an)", "\u00a0", "\u3000", "\t", "\n", "\u001c", "\u200b", "e\u0301", "é",
         "yes", "no", "km²", "½", "the½", "Ⅷ", "aⅧ", "no answer"]
FIXED = [
    ("", ["x"]), ("x", [""]), ("", [""]), ("the", ["a"]), ("The Paris.", ["paris"]), ("Paris France", ["Paris", "France"]),
    ("no answer", ["no answer"]), ("No answer.", ["no answer", "x"]), ("nothing", ["no answer", "nothing"]),
    ("CANNOTANSWER", ["CANNOTANSWER"]), ("cannotanswer", ["CANNOTANSWER"]), ("no answer given", ["CANNOTANSWER"]),
    ("x", ["x", "no answer"]), ("a b a b", ["a b"]), ("b b b", ["b"]), ("b", ["b b b", "c"]), ("é", ["e\u0301"]),
]


def cases(count, seed):
    dice = random.Random(seed)

    def text():
        return dice.choice([" ", " ", "  ", ""]).join(
            dice.choice(WORDS) for _ in range(dice.randint(0, 6)))

    made = list(FIXED) if seed == 1 else []
    while len(made) < count:
        references = [text() for _ in range(dice.randint(1, 4))]
        answer = text() if dice.random() < 0.5 else dice.choice(references) + dice.choice(["", " the", "!", " Saint"])
        made.append((answer, references))
    return [[a, r, float(f"{f1(a, r):.7g}"), exact_match(a, r)] for a, r in made]


def mean(scores):
    low, high = stats.t.interval(0.95, len(scores) - 1, numpy.mean(scores), stats.sem(scores))
    return {"scores": scores, "low": low, "high": high}


if __name__ == "__main__":
    count, seed = (int(v) for v in (sys.argv[1:] + ["400", "1"][len(sys.argv) - 1:])[:2])
    numbers = numpy.random.default_rng(4)
    samples = [[round(float(v), 3) for v in numbers.normal(1, 2, n)] for n in (2, 3, 4, 7, 30, 200)]
    print(json.dumps({"answers": cases(count, seed), "means": [mean(s) for s in samples],
                      "quantiles": [[n, float(stats.t.ppf(0.975, n))] for n in (1, 2, 3, 4, 5, 9, 30, 100, 1000)]},
                     separators=(",", ":")))
