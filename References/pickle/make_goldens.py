"""State dicts as torch.save writes them, what is in them, and pickles that ask for more than tensors.

python make_goldens.py OUT MODEL [--random N --seed S]
    OUT      a folder, made anew: state-*.bin, state.expected.json, model*.bin with an index, hostile.json
    MODEL    a folder with model.safetensors, written again as pytorch_model.bin, whole and sharded
    --random further state dicts of random shapes, strides and types, for a larger comparison
"""

import argparse
import base64
import collections
import io
import json
import pathlib
import pickle
import shutil
import struct
import zipfile

import numpy
import torch
from safetensors.torch import load_file

MAGIC = 0x1950A86A20F9469CFC6C


def state():
    """Every kind of tensor that a state dict may hold."""
    torch.manual_seed(3)
    table = torch.randn(6, 5)
    flat = torch.randn(40)
    tensors = collections.OrderedDict(
        {
            "table": table,
            "tied": table,
            "alias": table.view(30),
            "rows": table[2:5],
            "columns": table[:, 1:4],
            "transposed": table.t(),
            "every.second": flat[1::2],
            "permuted": flat[:24].view(2, 3, 4).permute(2, 0, 1),
            "one.row.of.a.transpose": table.t()[2:3],
            "parameter": torch.nn.Parameter(torch.randn(3, 2)),
            "frozen": torch.nn.Parameter(torch.randn(2), requires_grad=False),
            "half": torch.randn(3, 3).half(),
            "half.transposed": torch.randn(2, 3).half().t(),
            "brain": torch.randn(7).bfloat16(),
            "brain.tail": torch.randn(9).bfloat16()[1:],
            "double": torch.randn(4, 2, dtype=torch.float64),
            "double.transposed": torch.randn(4, 2, dtype=torch.float64).t(),
            "scalar": torch.tensor(1.5),
            "empty": torch.zeros(0, 4),
            "no.columns": torch.zeros(4, 0).half(),
            "awkward": torch.tensor([0.0, -0.0, float("inf"), -float("inf"), 1e-45, 3.4028235e38]),
            "long": torch.arange(5),
            "int": torch.arange(3, dtype=torch.int32),
            "short": torch.arange(3, dtype=torch.int16),
            "char": torch.arange(3, dtype=torch.int8),
            "byte": torch.arange(3, dtype=torch.uint8),
            "bool": torch.ones(2, 2, dtype=torch.bool),
            "naïve.名": torch.ones(1),
        })
    tensors._metadata = collections.OrderedDict([("", {"version": 1}), ("naïve", {"version": 2})])
    return tensors


def described(tensors):
    def values(tensor):
        if not tensor.is_floating_point() or tensor.element_size() == 1:
            return None
        return [str(x) for x in tensor.detach().to(torch.float32).flatten().tolist()]

    return [
        {"name": name, "dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape),
         "values": values(tensor)}
        for name, tensor in tensors.items()
    ]


def save_states(out):
    tensors = state()
    for protocol in (2, 3, 4, 5):
        torch.save(tensors, out / f"state-zip-{protocol}.bin", pickle_protocol=protocol)
    for protocol in (2, 4):
        torch.save(
            tensors, out / f"state-legacy-{protocol}.bin", pickle_protocol=protocol,
            _use_new_zipfile_serialization=False)
    untyped = {"f8": torch.ones(3).to(torch.float8_e4m3fn), "u16": torch.ones(3, dtype=torch.uint16)}
    torch.save(untyped, out / "state-untyped.bin")
    expected = {"state": described(tensors), "untyped": described(untyped)}
    (out / "state.expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


def save_model(out, folder):
    """A model's weights, whole in both formats, and in two shards."""
    tensors = load_file(folder / "model.safetensors")
    torch.save(tensors, out / "model.bin")
    torch.save(tensors, out / "model-legacy.bin", _use_new_zipfile_serialization=False)
    names = list(tensors)
    weight_map = {}
    for number, part in enumerate((names[::2], names[1::2]), start=1):
        file = f"pytorch_model-{number:05}-of-00002.bin"
        torch.save({name: tensors[name] for name in part}, out / file)
        weight_map.update({name: file for name in part})
    index = {"metadata": {}, "weight_map": weight_map}
    (out / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=1) + "\n")


# Pickles by hand: what an attacker would write, and what damage makes.

def text(string):
    return b"X" + struct.pack("<I", len(string.encode())) + string.encode()


def call(module, name, arguments):
    return f"c{module}\n{name}\n".encode() + arguments + b"R"


def storage(key="0", kind="FloatStorage", count=4, location="cpu"):
    count = b"\x8a\x09" + struct.pack("<q", count) + b"\0" if abs(count) >> 31 else b"J" + struct.pack("<i", count)
    if count[:2] == b"\x8a\x09":
        count = b"\x8a\x08" + count[2:10]
    return b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text(location) + count + b"tQ"


def number(value):
    return b"\x8a\x08" + struct.pack("<q", value)


def tensor(offset=0, shape=(4,), strides=(1,), held=None):
    sizes = [b"(" + b"".join(number(x) for x in part) + b"t" for part in (shape, strides)]
    arguments = b"(" + (held or storage()) + number(offset) + sizes[0] + sizes[1] + b"\x89" + b"}" + b"t"
    return call("torch._utils", "_rebuild_tensor_v2", arguments)


def entry(value, name="x"):
    return b"\x80\x02}" + text(name) + value + b"s."


def legacy(body, keys=("0",), data=bytes(16), little=True):
    out = io.BytesIO()
    for value in (MAGIC, 1001, {"protocol_version": 1001, "little_endian": little, "type_sizes": {}}):
        pickle.dump(value, out, protocol=2)
    out.write(body)
    pickle.dump(list(keys), out, protocol=2)
    for _ in keys:
        out.write(struct.pack("<q", len(data) // 4) + data)
    return out.getvalue()


def archive(body, members=None, method=zipfile.ZIP_STORED, folder="a"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        file.writestr(zipfile.ZipInfo(f"{folder}/data.pkl") if method == 0 else f"{folder}/data.pkl", body)
        for name, data in (members if members is not None else {"data/0": bytes(16), "version": b"3\n"}).items():
            file.writestr(zipfile.ZipInfo(f"{folder}/{name}") if method == 0 else f"{folder}/{name}", data)
    return out.getvalue()


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def hostile():
    """(name, bytes, error code, what its message must hold)"""
    unsafe, malformed, unsupported = "unsafeFile", "malformedFile", "unsupported"
    echo = b"(" + text("echo owned") + b"t"
    zipped = lambda body: archive(body)
    good = tensor()
    yield "os.system", zipped(entry(call("os", "system", echo))), unsafe, "asks to call 'os.system'; it was not executed"
    yield "os.system, legacy", legacy(entry(call("os", "system", echo))), unsafe, "'os.system'"
    yield "posix.system, protocol 4", zipped(
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93" + text("id") + b"\x85R."), unsafe, "'posix.system'"
    yield "in the first pickle", b"\x80\x02" + call("os", "system", echo) + b".", malformed, "not a file of torch.save"
    yield "in the machine's pickle", legacy(b"").replace(
        pickle.dumps(1001, 2), pickle.dumps(1001, 2) + b"\x80\x02" + call("os", "system", echo) + b".", 1), unsafe, "'os.system'"
    yield "after the tensors", zipped(b"\x80\x02}" + text("x") + good + b"s" + text("y") + call("os", "system", echo) + b"s."), unsafe, "'os.system'"
    yield "in the keys", legacy(entry(good)).replace(
        pickle.dumps(["0"], 2), b"\x80\x02]" + call("os", "system", echo) + b"a."), unsafe, "'os.system'"
    for module, name in [
        ("builtins", "eval"), ("__builtin__", "eval"), ("builtins", "exec"), ("builtins", "getattr"),
        ("subprocess", "Popen"), ("torch", "load"), ("torch.hub", "load"), ("torch._utils", "_rebuild_qtensor"),
        ("torch._utils", "_rebuild_sparse_tensor"), ("torch.serialization", "load"), ("functools", "partial"),
        ("numpy.core.multiarray", "_reconstruct"), ("numpy.core.multiarray", "scalar"), ("collections", "Counter"),
        ("torch", "FloatStorage.from_file"), ("os\x1b[2J", "system\x07"), ("", ""), ("torch.nn.modules.linear", "Linear"),
    ]:
        shown = f"{module}.{name}".replace("\x1b", "\\u{1B}").replace("\x07", "\\u{07}")
        yield f"global {shown}", zipped(entry(call(module, name, echo))), unsafe, f"'{shown}'"
    yield "nested calls", zipped(entry(call("torch._utils", "_rebuild_parameter", b"(" + call("os", "system", echo) + b"\x89t"))), unsafe, "'os.system'"
    yield "a call of what a call gave", zipped(entry(good + b")R")), malformed, "cannot be called"
    yield "a call of a type", zipped(entry(b"ctorch\nFloatStorage\n)R")), malformed, "a call of a type"
    yield "a dotted global", zipped(b"\x80\x04\x8c\x05torch\x8c\x0ahub.load_x\x93)R."), unsafe, "'torch.hub.load_x'"
    yield "INST", zipped(entry(b"(ios\nsystem\n")), unsafe, "'os.system'"
    yield "INST of a tensor", zipped(entry(b"(icollections\nOrderedDict\n")), unsupported, "INST"
    yield "OBJ", zipped(entry(b"(ccollections\nOrderedDict\no")), unsupported, "OBJ"
    yield "NEWOBJ", zipped(entry(b"ccollections\nOrderedDict\n)\x81")), unsupported, "NEWOBJ"
    yield "EXT1", zipped(entry(b"\x82\x01")), unsupported, "EXT1"
    yield "BUILD of a tensor", zipped(entry(good + b"}b")), unsupported, "no OrderedDict"
    yield "a persistent id that is no storage", zipped(entry(b"(" + text("module") + b"NNNNtQ")), unsupported, "no storage"
    yield "a pickled array", saved({"x": numpy.ones(3)}), unsafe, "'numpy."
    yield "a pickled module", saved(torch.nn.Linear(2, 2)), unsafe, "'torch.nn.modules.linear.Linear'"
    yield "a sparse tensor", saved({"x": torch.eye(3).to_sparse()}), unsafe, "_rebuild_sparse_tensor"
    yield "a conjugated tensor", saved({"x": torch.ones(3, dtype=torch.complex64).conj()}), unsupported, "conjugated"
    yield "protocol 0", zipped(pickle.dumps({"x": 1}, 0)), unsupported, "has no place in a state dict"
    yield "protocol 9", zipped(b"\x80\x09}."), unsupported, "pickle protocol 9"
    yield "nothing but a number", saved(3), unsupported, "no state dict"
    yield "a checkpoint of a run", saved({"epoch": 3, "model": {"x": torch.ones(2)}}), unsupported, "'epoch' is not a tensor"
    yield "a state dict in a dictionary", saved({"model": {"x": torch.ones(2)}}), unsupported, "'model' is not a tensor"
    yield "an expanded tensor", saved({"x": torch.ones(1).expand(50)}), unsupported, "repeats the 1 numbers"
    yield "a huge expanded tensor", zipped(entry(tensor(shape=(1 << 40, 1 << 10), strides=(0, 0)))), unsupported, "repeats"
    yield "a huge shape", zipped(entry(tensor(shape=(1 << 62, 1 << 62), strides=(0, 0)))), malformed, "outside its storage"
    yield "a huge stride", zipped(entry(tensor(shape=(2,), strides=((1 << 63) - 1,)))), malformed, "outside its storage"
    yield "a huge offset", zipped(entry(tensor(offset=(1 << 63) - 1))), malformed, "outside its storage"
    yield "one too many", zipped(entry(tensor(shape=(5,)))), malformed, "outside its storage of 4 numbers"
    yield "one too far", zipped(entry(tensor(offset=1))), malformed, "outside its storage"
    yield "a negative offset", zipped(entry(tensor(offset=-1, shape=(1,)))), malformed, "outside its storage"
    yield "a negative length", zipped(entry(tensor(shape=(-4,)))), malformed, "no lengths"
    yield "a negative stride", zipped(entry(tensor(offset=3, strides=(-1,)))), malformed, "no lengths"
    yield "strides of fewer axes", zipped(entry(tensor(shape=(2, 2)))), malformed, "2 axes, 1 strides"
    yield "nine axes", zipped(entry(tensor(shape=(1,) * 9, strides=(1,) * 9))), unsupported, "9 axes"
    yield "a storage that says more than it has", zipped(entry(tensor(held=storage(count=5)))), malformed, "16 bytes, not 5"
    yield "a huge storage", zipped(entry(tensor(held=storage(count=1 << 62)))), malformed, "16 bytes"
    yield "a negative storage", zipped(entry(tensor(held=storage(count=-1)))), malformed, "no size"
    yield "a storage that is not there", zipped(entry(tensor(held=storage(key="7")))), malformed, "lacks the storage '7'"
    yield "a storage outside the folder", zipped(entry(tensor(held=storage(key="../version")))), malformed, "lacks the storage"
    yield "a storage that is not there, legacy", legacy(entry(good), keys=()), malformed, "lacks the storage '0'"
    yield "a storage that nobody asked for, legacy", legacy(entry(good), keys=("0", "1")), malformed, "'1'"
    yield "a storage twice, legacy", legacy(entry(good), keys=("0", "0")), malformed, "comes twice"
    yield "a huge storage, legacy", legacy(entry(good)).replace(struct.pack("<q", 4) + bytes(16), struct.pack("<q", 1 << 61) + bytes(16)), malformed, "lies outside the file"
    yield "big-endian, legacy", legacy(entry(good), little=False), unsupported, "big-endian"
    yield "a tensor twice", zipped(b"\x80\x02}" + (text("x") + good + b"s") * 2 + b"."), malformed, "comes twice"
    yield "a huge string", zipped(b"\x80\x02X\xff\xff\xff\xff."), malformed, "ends within a string"
    yield "a huger string", zipped(b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7f."), malformed, "ends within a string"
    yield "the hugest string", zipped(b"\x80\x04\x8d" + b"\xff" * 8 + b"."), malformed, "ends within a string"
    yield "a negative string", zipped(b"\x80\x02T\xff\xff\xff\xff."), malformed, "a string of -1 bytes"
    yield "a huge memo", zipped(b"\x80\x02Nr\xff\xff\xff\xff."), malformed, "a memo of"
    yield "nothing in the memo", zipped(b"\x80\x02h\x07."), malformed, "nothing is remembered at 7"
    yield "a list in itself", zipped(b"\x80\x02]q\x00h\x00a."), unsupported, "no state dict"
    yield "a dictionary in itself", zipped(b"\x80\x02}q\x00" + text("x") + b"h\x00s."), unsupported, "'x' is not a tensor"
    yield "tuples of tuples", zipped(b"\x80\x02}" + text("x") + b")" + b"q\x00h\x00\x86" * 60 + b"s."), unsupported, "'x' is not a tensor"
    yield "nothing on the stack", zipped(b"\x80\x02s."), malformed, "no container"
    yield "nothing below the mark", zipped(b"\x80\x02}((ss."), malformed, "no container"
    yield "no mark", zipped(b"\x80\x02}u."), malformed, "lacks its mark"
    yield "a mark that is left", zipped(b"\x80\x02}(."), malformed, "values where one"
    yield "an empty pickle", zipped(b""), malformed, "ends within a number"
    yield "a key that is no string", zipped(entry(good).replace(text("x"), b"K\x01")), malformed, "not a string"
    yield "a name that is not UTF-8", zipped(entry(good).replace(text("x"), b"X\x01\0\0\0\xff")), malformed, "UTF-8"
    yield "a long name", zipped(entry(good, name="x" * 2000)), malformed, "has 2000 bytes"
    yield "compressed", archive(entry(good), method=zipfile.ZIP_DEFLATED), unsupported, "is compressed (method 8)"
    yield "big-endian", archive(entry(good), {"data/0": bytes(16), "byteorder": b"big"}), unsupported, "big-endian"
    yield "TorchScript", archive(entry(good), {"data/0": bytes(16), "constants.pkl": b""}), unsupported, "TorchScript"
    yield "no pickle", archive(entry(good), folder="a/b"), malformed, "0 data.pkl"
    yield "a member twice", archive(entry(good), {"data/0": bytes(16), "data/1": b""}).replace(b"data/1", b"data/0"), malformed, "comes twice"
    directory = bytearray(zipped(entry(good)))
    place = directory.rindex(b"PK\x01\x02")
    directory[place + 42 : place + 46] = b"\xf0\xff\xff\x7f"
    yield "a member outside the file", bytes(directory), malformed, "lies outside the file"
    directory = bytearray(zipped(entry(good)))
    directory[-12:-10] = b"\xff\xfe"
    yield "a long directory", bytes(directory), malformed, "members"
    yield "a zip archive cut short", zipped(entry(good))[:-30], malformed, "no end of the central directory"
    yield "a text", b"version https://git-lfs.github.com/spec/v1\n", malformed, "not a file of torch.save"


def save_hostile(out):
    cases = [
        {"name": name, "bytes": base64.b64encode(data).decode(), "code": code, "says": says}
        for name, data, code, says in hostile()
    ]
    (out / "hostile.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


def save_random(out, count, seed):
    """Views of views: random axes in random order, slices with steps, over a few storages, saved in either format."""
    random = numpy.random.default_rng(seed)
    expected = {}
    for number in range(count):
        tensors = collections.OrderedDict()
        for place in range(int(random.integers(1, 12))):
            shape = [int(x) for x in random.integers(0 if random.random() < 0.05 else 1, 9, random.integers(0, 5))]
            dtype = [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64][random.integers(5)]
            base = list(tensors.values())[random.integers(len(tensors))] if tensors and random.random() < 0.4 else None
            view = base if base is not None else (torch.randn(shape, dtype=torch.float64) * 30).to(dtype)
            if random.random() < 0.6 and view.dim():
                view = view.permute(*random.permutation(view.dim()).tolist())
            for axis in range(view.dim()):
                if random.random() < 0.4 and view.shape[axis] > 1:
                    start = int(random.integers(0, view.shape[axis]))
                    view = view[(slice(None),) * axis + (slice(start, None, int(random.integers(1, 4))),)]
            tensors[f"t{place}"] = view
        name = f"random-{number}.bin"
        torch.save(
            tensors, out / name, pickle_protocol=int(random.integers(2, 6)),
            _use_new_zipfile_serialization=bool(random.integers(2)))
        expected[name] = described(tensors)
    (out / "random.expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.out.exists():
        shutil.rmtree(arguments.out)
    arguments.out.mkdir()
    save_states(arguments.out)
    save_model(arguments.out, arguments.model)
    save_hostile(arguments.out)
    if arguments.random:
        save_random(arguments.out, arguments.random, arguments.seed)


main()
