"""How often the built-in detectors flag ordinary text and code, which they should leave alone.

The pieces, and whole pages of documentation, come from files that no model learned from
(scripts/support/train/plain.py), as arguments, as results, and as definitions, which they are not. Private data is left out: licences and manifests name their authors. With --extra
names and addresses are counted, and to be read with --show: most of them are some.
"""

import argparse
import collections
import json
import pathlib
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


def flagged(pieces, direction, extra):
    """For each piece, the rules that count, by kind."""
    rows = "".join(json.dumps({"direction": direction, "text": piece}) + "\n" for piece in pieces)
    command = COMMAND + (["--kind", "pii", "--pii-extra", "names,addresses"] if extra else [])
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


def main():
    parser = argparse.ArgumentParser(prog="scripts/eval.sh --ordinary")
    parser.add_argument("--pieces", type=int, default=16_000, help="how many pieces, of one, three and eight lines (16000)")
    parser.add_argument("--extra", action="store_true", help="names of people and postal addresses instead")
    parser.add_argument("--show", type=int, default=0, help="also show so many flagged pieces of each direction")
    options = parser.parse_args()
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
        for piece, lines, kinds in zip(pieces, lengths, flagged(pieces, direction, options.extra)):
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
