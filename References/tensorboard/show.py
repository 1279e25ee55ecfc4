"""Prints what TensorBoard's EventAccumulator reads of event files, to be held against metrics.jsonl.

    python show.py FOLDER           every scalar of every run below it
    python show.py --check RUNS LOGS   of run folders below RUNS, against what `zeroth report RUNS --tensorboard LOGS` wrote
"""

import json
import pathlib
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

TAGS = {"loss/batch": ["loss"], "learning_rate": ["learningRate"], "memory/peak_bytes": ["peakBytes"],
        "dev/score": ["devScore", "devAccuracy"], "dev/loss": ["devLoss"]}


def read(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    accumulator.Reload()
    return {tag: [(e.step, e.value) for e in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]}


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def check(runs, logs):
    compared = 0
    for file in sorted(logs.rglob("events.out.tfevents.*")):
        name = file.parent.relative_to(logs)
        found = read(file.parent)
        lines = [json.loads(line) for line in open(runs.parent / name / "metrics.jsonl")]
        for tag, keys in TAGS.items():
            wanted = [(line["step"], single(line[key])) for line in lines for key in keys if key in line]
            assert found.get(tag, []) == wanted, (name, tag)
            compared += len(wanted)
    print(f"{compared} scalars are equal")


if sys.argv[1] == "--check":
    check(pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3]))
else:
    for file in sorted(pathlib.Path(sys.argv[1]).rglob("events.out.tfevents.*")):
        print(file.parent, json.dumps(read(file.parent)))
