"""Writes and reads bundles as docs/bundle-format.md defines them, from that page alone.

    python bundle.py make OUTPUT_FOLDER             the goldens of Packages/Bundle's tests
    python bundle.py pack OUT.zb FOLDER             a data bundle of a folder
    python bundle.py check BUNDLE...                reads bundles whole and prints their ids
    python bundle.py verify BUNDLE PUBLIC_KEY SIGNATURE
    python bundle.py sign BUNDLE PRIVATE_KEY OUT.sig
"""

import base64
import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import zipfile

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def layout(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def members(core: dict, files: dict[str, tuple[str, bytes]]) -> dict[str, bytes]:
    """The archive's members by name, in order. `files`: path -> (kind, content)."""
    manifest = dict(core, format="zeroth-bundle", format_version=1)
    manifest["members"] = [
        {"path": path, "kind": kind, "size": len(data), "sha256": sha256(data)}
        for path, (kind, data) in sorted(files.items(), key=lambda item: item[0].encode())
    ]
    text = layout(manifest)
    objects = {sha256(data): data for _, data in files.values()}
    return {
        "manifest.json": text,
        "manifest.sha256": f"{sha256(text)}  manifest.json\n".encode(),
        **{f"objects/{digest}": objects[digest] for digest in sorted(objects)},
    }


def tar_bytes(archive: dict[str, bytes], prefix: str = "") -> bytes:
    """`prefix` "./" gives what `tar c .` would."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        if prefix:
            for name in ["./", "./objects/"]:
                info = tarfile.TarInfo(name)
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(info)
        for name, data in archive.items():
            info = tarfile.TarInfo(prefix + name)
            info.size, info.mode = len(data), 0o644
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zb_bytes(archive: dict[str, bytes], frame: int = 2 << 20, level: int = 6) -> bytes:
    tar = tar_bytes(archive)
    compressor = zstandard.ZstdCompressor(level=level, write_checksum=True)
    return b"".join(compressor.compress(tar[i : i + frame]) for i in range(0, len(tar), frame))


def zip_bytes(archive: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        # The other way round: in a zip the manifest may be anywhere.
        for name, data in reversed(archive.items()):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, data)
    return buffer.getvalue()


def read(path: pathlib.Path) -> tuple[str, dict, dict[str, bytes]]:
    """A bundle's id, its manifest and its files by path; AssertionError where it is none."""
    raw = path.read_bytes()
    archive: dict[str, bytes] = {}
    if raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as file:
            names = [info.filename for info in file.infolist() if not info.is_dir()]
            archive = {name: file.read(name) for name in names}
    else:
        if raw[:4] == b"\x28\xb5\x2f\xfd":
            raw = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True).read()
        elif raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as tar:
            names = []
            for info in tar:
                if info.isdir():
                    continue
                assert info.isreg(), info.name
                names.append(info.name.removeprefix("./"))
                archive[names[-1]] = tar.extractfile(info).read()
        assert set(names[:2]) == {"manifest.json", "manifest.sha256"}, "the manifest is not first"
    assert len(names) == len(archive), "a member is there twice"
    text = archive.pop("manifest.json")
    assert archive.pop("manifest.sha256") == f"{sha256(text)}  manifest.json\n".encode()
    manifest = json.loads(text)
    assert (manifest["format"], manifest["format_version"]) == ("zeroth-bundle", 1)
    paths = [member["path"] for member in manifest["members"]]
    assert paths == sorted(set(paths), key=str.encode)
    files = {}
    for member in manifest["members"]:
        data = archive["objects/" + member["sha256"]]
        assert len(data) == member["size"] and sha256(data) == member["sha256"], member["path"]
        files[member["path"]] = data
    assert set(archive) == {"objects/" + member["sha256"] for member in manifest["members"]}, "more than the manifest"
    return sha256(text), manifest, files


def message(bundle: str) -> bytes:
    return f"zeroth bundle signature 1\n{bundle}\n".encode()


def private_key_file(seed: bytes) -> bytes:
    return layout({"format": "zeroth-private-key", "format_version": 1, "algorithm": "ed25519",
                   "private_key": base64.b64encode(seed).decode()})


def public_key_file(public: bytes) -> bytes:
    return layout({"format": "zeroth-public-key", "format_version": 1, "algorithm": "ed25519",
                   "public_key": base64.b64encode(public).decode()})


def sign(bundle: str, seed: bytes) -> bytes:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return layout({"format": "zeroth-signature", "format_version": 1, "algorithm": "ed25519", "bundle": bundle,
                   "key": sha256(key.public_key().public_bytes_raw()),
                   "signature": base64.b64encode(key.sign(message(bundle))).decode()})


def verify(bundle: str, public: dict, signature: dict) -> None:
    key = base64.b64decode(public["public_key"])
    assert (signature["bundle"], signature["key"]) == (bundle, sha256(key))
    Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signature["signature"]), message(bundle))


CORE = {
    "kind": "run",
    "title": "naïve “golden” of another program",
    "zeroth": "0.0.0",
    "recipe": {"model": "Models/stories260K", "steps": "20", "template": "{text}\n"},
    "versions": {"ZO-SGD": "0.1.0"},
    "requires": [
        {"role": "base_model", "name": "stories260K", "sha256": sha256(b"weights"), "size": 7, "included": True},
        {"role": "data", "name": "SST-2", "sha256": sha256(b"data"), "included": False},
    ],
    "ledger": {"steps": 20, "records": 20, "bytes": 400, "records_of": "moves", "optimizer": "zo-sgd", "scheme": "full",
               "law": "rademacher", "run_seed": 2**64 - 1},
    "results": {"accuracy": 0.8125, "loss": 0.30000000000000004, "tiny": 5e-324, "best_step": 20},
    "source": "https://example.org/a",
    "licence": "Apache-2.0",
}
FILES = {
    "ledger.zl": ("ledger", bytes(range(200)) * 2),
    "recipe.yaml": ("recipe", b"model: Models/stories260K\nsteps: 20\n"),
    "model/weights.bin": ("weights", b"weights"),
    "model/again.bin": ("weights", b"weights"),
    "naïve/日本語.txt": ("document", "clichés\n".encode()),
    "empty": ("other", b""),
}
SEED = bytes(range(32))


def make(out: pathlib.Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    archive = members(CORE, FILES)
    (out / "python.zb").write_bytes(zb_bytes(archive))
    (out / "frames.zb").write_bytes(zb_bytes(archive, frame=1000, level=19))
    (out / "python.zip").write_bytes(zip_bytes(archive))
    (out / "python.tar.gz").write_bytes(gzip.compress(tar_bytes(archive, prefix="./"), mtime=0))
    bundle = sha256(archive["manifest.json"])
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    (out / "private.key").write_bytes(private_key_file(SEED))
    (out / "public.key").write_bytes(public_key_file(key.public_key().public_bytes_raw()))
    (out / "python.sig").write_bytes(sign(bundle, SEED))
    (out / "manifest.json").write_bytes(archive["manifest.json"])


def main() -> None:
    command, *arguments = sys.argv[1:]
    paths = [pathlib.Path(argument) for argument in arguments]
    if command == "make":
        make(paths[0])
    elif command == "pack":
        files = {p.relative_to(paths[1]).as_posix(): ("data", p.read_bytes()) for p in paths[1].rglob("*") if p.is_file()}
        core = {"kind": "data", "title": paths[1].name, "zeroth": "0.0.0"}
        paths[0].write_bytes(zb_bytes(members(core, files)))
    elif command == "check":
        for path in paths:
            bundle, manifest, files = read(path)
            print(bundle, manifest["kind"], len(files), sum(map(len, files.values())), path)
    elif command == "verify":
        verify(read(paths[0])[0], json.loads(paths[1].read_bytes()), json.loads(paths[2].read_bytes()))
        print("signed by that key")
    elif command == "sign":
        seed = base64.b64decode(json.loads(paths[1].read_bytes())["private_key"])
        paths[2].write_bytes(sign(read(paths[0])[0], seed))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
