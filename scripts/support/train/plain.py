"""Ordinary text and code, in pieces: of Python's standard library and of the crates that Cargo.lock names, the same
ones wherever the versions are the same. Models learn from it, and `scripts/eval.sh --ordinary` counts alarms on it."""

import glob
import hashlib
import os
import pathlib
import random
import re
import sysconfig

ROOT = pathlib.Path(__file__).resolve().parents[3]
LINES = (1, 3, 8)
SHORTEST, LONGEST = 200, 60_000
"""Characters and bytes of a page."""


def sources():
    """Files with a name that is the same everywhere."""
    crates = re.findall(r'name = "(.+)"\nversion = "(.+)"\nsource', (ROOT / "Cargo.lock").read_text())
    home = os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo"))
    folders = [path for name, version in crates for path in glob.glob(f"{home}/registry/src/*/{name}-{version}")]
    files = []
    for folder in folders + [sysconfig.get_paths()["stdlib"]]:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            inner = path.relative_to(folder).as_posix()
            skipped = ("site-packages", "test", "pydoc_data", "lib2to3", "encodings", "__pycache__")
            if path.suffix in (".py", ".rs", ".md", ".toml", ".txt") and not any(part in inner for part in skipped):
                files.append((f"{pathlib.Path(folder).name}/{inner}", path))
    return files


def snippets(count, seed):
    """Pieces of so many lines as `LINES` says, half of the files for learning and half for judging."""
    files = sources()
    chosen = random.Random(seed)
    chosen.shuffle(files)
    found = ([], [])
    for name, path in files:
        if min(map(len, found)) >= count:
            break
        lines = path.read_bytes()[:300_000].decode("utf-8", "replace").split("\n")
        half = digest(name) % 2
        for length in LINES:
            for _ in range(4):
                at = chosen.randrange(max(len(lines) - length, 1))
                piece = "\n".join(lines[at:at + length])
                if 5 <= len(piece.strip()) and len(piece) < 2000:
                    found[half].append(piece)
    return [part[:count] for part in found]


def documents():
    """Whole pages of documentation, likewise in halves."""
    found = ([], [])
    for name, path in sources():
        text = path.read_bytes()[:LONGEST].decode("utf-8", "replace")
        if path.suffix in (".md", ".txt") and len(text) > SHORTEST:
            found[digest(name) % 2].append(text)
    return found


def digest(text):
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
