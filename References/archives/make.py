"""Makes the archives that Packages/Bundle's tests read: the same four members in every format, by Python's own writers.

    python make.py OUTPUT_FOLDER          Python 3.11; no packages; `zstd` 1.5 on the path
"""

import io
import lzma
import pathlib
import subprocess
import sys
import tarfile
import zipfile

MEMBERS = {
    "glue/SST-2/train.tsv": b"sentence\tlabel\na fine film \t1\n",
    "glue/SST-2/naïve.txt": "clichés\n".encode(),
    "glue/zeros": bytes(200_000),
    "glue/empty": b"",
}


def tar_bytes() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        folder = tarfile.TarInfo("./glue/")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(folder)
        for name, data in MEMBERS.items():
            info = tarfile.TarInfo("./" + name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    with zipfile.ZipFile(out / "python.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("glue/"), b"")
        for name, data in MEMBERS.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    for name, method in [("lzma.zip", zipfile.ZIP_LZMA), ("bzip2.zip", zipfile.ZIP_BZIP2)]:
        with zipfile.ZipFile(out / name, "w", method) as archive:
            archive.writestr(zipfile.ZipInfo("a"), bytes(1000), method)
    tar = tar_bytes()
    for name, mode in [("python.tar.gz", "gz"), ("python.tar.bz2", "bz2")]:
        module = __import__({"gz": "gzip", "bz2": "bz2"}[mode])
        data = module.compress(tar, mtime=0) if mode == "gz" else module.compress(tar)
        (out / name).write_bytes(data)
    (out / "python.tar.xz").write_bytes(lzma.compress(tar))
    (out / "zstd.tar.zst").write_bytes(subprocess.run(["zstd", "-c"], input=tar, capture_output=True, check=True).stdout)


if __name__ == "__main__":
    main()
