"""Makes Data/SST-2/SST-2.zip: a part of SST-2's official training file and the whole of its validation file.

    python make_copy.py GLUE_FOLDER/SST-2 ../../Data/SST-2/SST-2.zip

The part is chosen by numpy.random.RandomState(0).permutation(lines)[:8000] and keeps the file's order and header. Every
time of change is 1980-01-01, so the same zlib gives the same bytes.
"""

import hashlib
import pathlib
import sys
import zipfile

import numpy as np

TRAIN_LINES = 8000


def training_part(content: bytes) -> bytes:
    header, *lines = content.splitlines(keepends=True)
    chosen = np.random.RandomState(0).permutation(len(lines))[:TRAIN_LINES]
    return b"".join([header] + [lines[index] for index in sorted(chosen)])


def main() -> None:
    source, target = map(pathlib.Path, sys.argv[1:])
    members = {
        "SST-2/dev.tsv": (source / "dev.tsv").read_bytes(),
        "SST-2/train.tsv": training_part((source / "train.tsv").read_bytes()),
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, content in members.items():
            member = zipfile.ZipInfo(path)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system, member.external_attr = 3, 0o100644 << 16
            archive.writestr(member, content)
            print(path, len(content), hashlib.sha256(content).hexdigest())
    print(target.name, target.stat().st_size, hashlib.sha256(target.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
