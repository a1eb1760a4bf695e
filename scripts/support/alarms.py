"""How often the built-in detectors flag ordinary text and code, which they should leave alone.

The pieces, and whole pages of documentation, come from files that no model learned from
(scripts/support/train/plain.py), as arguments, as results, and as definitions, which they are not. Private data is left out: licences and manifests name their authors. With --extra
names and addresses are counted, and to be read with --show: most of them are some.

Given folders, it takes their files instead, as results and as what is written into a file, and paragraphs of their prose,
as arguments, and counts by rule.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/support/train"))
from plain import LINES, documents, snippets  # noqa: E402

SEED = 11
"""Other pieces than training takes."""
FLAGGED = .5
COMMAND = ["cargo", "run", "--quiet", "--release", "--locked", "--", "scan", "--jsonl"]


EXTRA = ("PERSON", "STREET_ADDRESS")
SIZES = (*LINES, None)
"""Lines of a piece; nothing is a whole page."""
CUT = 60_000
"""Bytes of a file; what comes after is not looked at."""
PROSE = (".md", ".rst", ".txt", ".mdx", ".adoc")
PARAGRAPH = (40, 900)
NOISE = .3
"""More of what is no text than this, and a file is none."""


def flagged(pieces, direction, extra, command=COMMAND):
    """For each piece, the rules that count, by kind."""
    rows = "".join(json.dumps({"direction": direction, "text": piece}) + "\n" for piece in pieces)
    command = command + (["--kind", "pii", "--pii-extra", "names,addresses"] if extra else [])
    done = subprocess.run(command, input=rows, capture_output=True, text=True, check=False, cwd=ROOT)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(pieces):
        sys.exit(done.stderr)
    for answer in answers:
        kinds = collections.defaultdict(list)
        for finding in answer["findings"]:
            kind = finding["label"] if finding["label"] in EXTRA else finding["kind"]
            if finding["score"] >= FLAGGED and kind != "pii":
                kinds[kind].append(finding["rule"])
        yield kinds


def files(folders, amount):
    """So many files of the folders, each content once: their names and the texts that a server would make of them."""
    paths = sorted({path for folder in folders for path in pathlib.Path(folder).rglob("*") if path.is_file()})
    random.Random(SEED).shuffle(paths)
    seen = {}
    for path in paths:
        if len(seen) == amount:
            break
        with open(path, "rb") as file:
            text = file.read(CUT).decode(errors="replace")
        unread = sum(not (c.isprintable() or c.isspace()) or c == "\ufffd" for c in text)
        if text.strip() and unread <= NOISE * len(text):
            seen.setdefault(text, path)
    return [(path, text) for text, path in seen.items()]


def paragraphs(folders, amount):
    """So many paragraphs of the prose in the folders, with the name of their file."""
    def is_prose(path):
        return path.suffix.lower() in PROSE or path.name.lower().startswith(("readme", "change", "news", "metadata"))
    paths = sorted({path for folder in folders for path in pathlib.Path(folder).rglob("*") if is_prose(path) and path.is_file()})
    rng, seen = random.Random(SEED), {}
    rng.shuffle(paths)
    for path in paths:
        if len(seen) >= amount:
            break
        parts = [part.strip() for part in re.split(r"\n\s*\n", path.read_bytes()[:CUT].decode(errors="replace"))]
        parts = [part for part in parts if PARAGRAPH[0] < len(part) < PARAGRAPH[1]]
        for part in rng.sample(parts, min(4, len(parts))):
            seen.setdefault(part, path)
    return [(path, part) for part, path in seen.items()][:amount]


def is_json(text):
    """Whether `scan` takes a text for arguments and not for one of them."""
    try:
        return isinstance(json.loads(text), (dict, list))
    except ValueError:
        return False


def by_rule(options, command):
    """Counts what is flagged of the folders, by rule, and apart what the models alone flag."""
    print("| as | rule | of | flagged | share |\n|---|---|--:|--:|--:|")
    read = files(options.folders, options.files)
    written = [(path, text) for path, text in read if not is_json(text)]
    for direction, name, taken in (
        ("output", "files read", read),
        ("input", "files written", written),
        ("input", "paragraphs", paragraphs(options.folders, options.paragraphs)),
    ):
        counts = collections.Counter()
        answers = flagged([text for _, text in taken], direction, False, command)
        for (path, text), kinds in zip(taken, answers):
            rules = {rule for found in kinds.values() for rule in found}
            models = {rule for rule in rules if ".model" in rule}
            counts.update(rules)
            counts["rules"] += bool(rules - models)
            counts["models alone"] += bool(rules and rules == models)
            if rules and options.show:
                options.show -= 1
                print(f"    {direction} {' '.join(sorted(rules))}: {path}: {text[:200]!r}", file=sys.stderr)
        for rule, count in counts.most_common():
            print(f"| {direction} | {rule} | {len(taken)} {name} | {count} | {100 * count / max(len(taken), 1):.3f} % |")


def main():
    parser = argparse.ArgumentParser(prog="scripts/eval.sh --ordinary")
    parser.add_argument("--pieces", type=int, default=16_000, help="how many pieces, of one, three and eight lines (16000)")
    parser.add_argument("--extra", action="store_true", help="names of people and postal addresses instead")
    parser.add_argument("--show", type=int, default=0, help="also show so many flagged pieces of each direction")
    parser.add_argument("folders", nargs="*", help="count in the files of these folders instead, by rule")
    parser.add_argument("--files", type=int, default=6_000, help="how many files of the folders (6000)")
    parser.add_argument("--paragraphs", type=int, default=3_000, help="how many paragraphs of them (3000)")
    parser.add_argument("--binary", help="the gateway to measure, instead of the one that is built here")
    options = parser.parse_args()
    command = [os.path.abspath(options.binary), "scan", "--jsonl"] if options.binary else COMMAND
    if options.folders:
        return by_rule(options, command)
    pieces = snippets(options.pieces, SEED)[1]
    lengths = [piece.count("\n") + 1 for piece in pieces]
    pages = documents()[1]
    pieces, lengths = pieces + pages, lengths + [None] * len(pages)
    sizes = collections.Counter(lengths)
    heads = [f"{sizes[lines]} of {lines} line{'s'[:lines > 1]}" if lines else f"{sizes[lines]} pages" for lines in SIZES]
    print("| as | kind | " + " | ".join(heads) + " | by models alone |")
    print("|---|---|" + "--:|" * (len(SIZES) + 1))
    for direction in ("output",) if options.extra else ("input", "output", "definition"):
        counts, by_models, examples = collections.Counter(), collections.Counter(), []
        for piece, lines, kinds in zip(pieces, lengths, flagged(pieces, direction, options.extra, command)):
            for kind, rules in kinds.items():
                counts[kind, lines] += 1
                by_models[kind] += all(".model" in rule for rule in rules)
                examples.append(f"    {kind} {' '.join(sorted(set(rules)))}: {piece[:200]!r}")
        for kind in sorted({kind for kind, _ in counts}):
            shares = (f"{100 * counts[kind, lines] / max(sizes[lines], 1):.3f} %" for lines in SIZES)
            print(f"| {direction} | {kind} | {' | '.join(shares)} | {by_models[kind]} of {sum(counts[kind, lines] for lines in SIZES)} |")
        if not counts:
            print(f"| {direction} | none | {' | '.join('0' for _ in SIZES)} | 0 |")
        for example in examples[:options.show]:
            print(example, file=sys.stderr)


if __name__ == "__main__":
    main()
