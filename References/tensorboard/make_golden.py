"""Writes a small TensorBoard event file with TensorBoard's own writer and messages.

    python make_golden.py > small.tfevents
"""

import sys
import tempfile

from tensorboard.compat.proto import event_pb2
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


def events():
    yield event_pb2.Event(wall_time=1234567890.0, file_version="brain.Event:2")
    yield event_pb2.Event(
        wall_time=1234567890.0,
        summary=Summary(value=[Summary.Value(tag="dev/score", simple_value=0.4)]),
    )
    for step in range(1, 301, 13):
        values = [
            Summary.Value(tag="loss/batch", simple_value=3.0 / step),
            Summary.Value(tag="memory/peak_bytes", simple_value=float(2**33 + 1)),
        ]
        yield event_pb2.Event(
            wall_time=1234567890.0 + 0.25 * step, step=step, summary=Summary(value=values)
        )


with tempfile.TemporaryFile() as file:
    writer = RecordWriter(file)
    for event in events():
        writer.write(event.SerializeToString())
    writer.flush()
    file.seek(0)
    sys.stdout.buffer.write(file.read())
