#!/usr/bin/env python3
"""Trains the models of the built-in detectors and writes src/detect/model/weights.bin.

    scripts/train.py DIR [--report FILE]

DIR holds the labelled texts, as `scripts/eval.sh` takes them. Ordinary texts come from Python's standard library, from
the crates that Cargo.lock names and from the pages of some packages of Node; more of both kinds are made by own.py and
abuse.py in scripts/support/train, and written one by one in scripts/support/train/written. Needs scikit-learn and npm.
What a window of a text looks like is asked of the program itself (scripts/support/features.rs), so that training and
use cannot differ. Seeded: the same texts and tools give the same file.

Before it writes, each model is judged on texts that it was not trained on: once on kinds of texts it has not seen the
like of (texts that begin alike stay together), once on whole sources it has not seen. The report says both. With QUICK
in the environment the second judgement is left out, with DEBUG_BUILD the program is built without optimisation; the
file that is written is the same.
"""

import argparse
import collections
import functools
import gzip
import json
import os
import pathlib
import re
import struct
import subprocess
import sys

import numpy as np
import scipy.sparse as sparse
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts/support/train"))
import own  # noqa: E402
from abuse import Abuse  # noqa: E402
from plain import digest, documents, packed, programs, snippets  # noqa: E402

PROFILE = ["--release"] if not os.environ.get("DEBUG_BUILD") else []
SEED = 7
FOLDS = 5
ROUNDS = 3
"""How often the windows of a positive text that carry its label are chosen anew."""
PLACES = 1 << 16
FLOOR = 12
"""Weights of a table, and the features of the least window that is judged, as in src/detect/model."""
ALIKE = 1e9
"""Features that weigh alike, whatever they say by themselves."""
SUREST = .6
"""No model is surer than this, as in src/detect/model."""
KNOWN = .1
"""What a positive text weighs that the rules find."""
SNIPPETS = 8000
"""Ordinary texts to learn from; as many others set the knee."""
PROGRAMS = 300, 12_000
CHECKED = 1000, 30_000
"""Whole source files to learn from, and those that set the knee: of each kind so many, and so many bytes of each."""
WRITTEN = ROOT / "scripts/support/train/written"

# What each model learns: texts of which sets, from where in a call, and which detectors its score stands beside.
# In the order of src/detect/model.rs. `written`: what a text weighs that was written for it. `fit`: how closely it is
# fitted, what a feature weighs that says nothing by itself (as `telling` counts), and over how many features at least
# a sum is spread. `programs`: whether it learns from whole source files; what is hardly ever one is learned worse with
# them. `rates`: so many of each kind of harmless texts may count.
MODELS = {
    "prompt.model-request": {
        "set": "prompt_injection", "place": "input", "kinds": ["prompt_injection"], "written": 2, "fit": (3, .3, FLOOR),
        "rates": {"written": .03, "pieces": .0001, "set": .004, "everyday": .002, "pages": .002, "programs": .001},
    },
    "prompt.model-result": {
        "set": "prompt_injection", "place": "output", "kinds": ["prompt_injection"], "written": 3, "fit": (3, .3, FLOOR),
        "programs": True,
        "rates": {"written": .02, "pieces": .0001, "set": .004, "everyday": .001, "pages": .002, "programs": .0005},
    },
    "code.model": {
        "set": "code_injection", "place": "input", "kinds": ["code_injection"], "written": 0, "fit": (3, ALIKE, FLOOR),
        "rates": {"written": 0, "pieces": .001, "set": .003, "everyday": .02},
    },
    "poison.model": {
        "set": "tool_poisoning", "place": "definition", "kinds": ["tool_poisoning", "prompt_injection"], "written": 2.5,
        "fit": (10, .3, 80), "rates": {"written": .035, "pieces": .0005, "set": .003, "strings": .002},
    },
    "toxicity.model": {
        "set": "toxicity", "place": None, "kinds": ["toxicity", "nsfw"], "written": .4, "fit": (3, .3, FLOOR),
        "rates": {"written": .02, "pieces": .0001, "set": .01, "everyday": .001, "pages": .004, "programs": .0005},
    },
}
BULK = .9999
"""Of the weights, which are kept as bytes; the few greatest are cut to fit."""


class Text:
    def __init__(self, text, place, label, source, weight=1.0, rule=0.0, measured=False):
        self.text, self.place, self.label, self.source = text, place, label, source
        self.weight, self.rule, self.measured = weight, rule, measured


def labelled(folder, name):
    """The labelled texts of one set."""
    for path in sorted(pathlib.Path(folder).glob(f"{name}.jsonl*")):
        with (gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")) as file:
            for line in file:
                row = json.loads(line)
                place = row["direction"] if row["direction"] in ("input", "output") else "definition"
                yield Text(row["text"], place, row["label"], row["source"], measured=True)


def written(name, task):
    """Texts that were written one by one, in the form of a labelled set, as far as a model learns from them."""
    for one in labelled(WRITTEN, task["set"]):
        one.source, one.measured, one.weight = "own written", False, task["written"]
        # What people ask of their assistant is no attack where they ask it, and a planted order none on an assistant.
        if name == "prompt.model-result" and one.place == "input":
            one.weight *= .3 if one.label else 0
        if name == "prompt.model-request" and one.place == "output":
            one.weight *= 0 if one.label else .3
        if one.weight:
            yield one


def strings():
    """The strings that honest definitions are made of, which are judged one by one too."""
    found = {}

    def walk(value):
        if isinstance(value, str):
            found.setdefault(value)
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(part)
        for name in value if isinstance(value, dict) else ():
            found.setdefault(name)

    for one in labelled(WRITTEN, "tool_poisoning"):
        if not one.label and one.text.startswith("{"):
            try:
                walk(json.loads(one.text))
            except ValueError:
                continue
    return list(found)


def run(command, lines):
    # Runs apart: a pipe that nobody empties would stop both.
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False, cwd=ROOT)
    if not done.stdout:
        sys.exit(done.stderr)
    return done.stdout.splitlines()


def cargo(*arguments):
    return ["cargo", "run", "--quiet", "--locked", *PROFILE, *arguments]


def windows(texts):
    """The features of each window, by text."""
    lines = [json.dumps({"direction": one.place, "text": one.text}) for one in texts]
    return [json.loads(line) for line in run(cargo("--example", "features"), lines)]


def ask_rules(texts, kinds):
    """What the rules say without the models."""
    lines = [json.dumps({"id": str(at), "direction": one.place, "text": one.text}) for at, one in enumerate(texts)]
    for one, line in zip(texts, run(cargo("--bin", "secure-mcp-gateway", "--", "scan", "--jsonl"), lines)):
        found = json.loads(line)["findings"]
        scores = [hit["score"] for hit in found if hit["kind"] in kinds and ".model" not in hit["rule"]]
        one.rule = max(scores, default=0.0)


class Bags:
    """Texts as matrices: a row for each window, and whose it is."""

    def __init__(self, texts, floor):
        self.texts, places, values, ends, owner = texts, [], [], [0], []
        for at, bag in enumerate(windows(texts)):
            for window in bag:
                if len(window) < FLOOR:
                    continue
                places.extend(window)
                values.extend([1 / np.sqrt(max(len(window), floor))] * len(window))
                ends.append(len(places))
                owner.append(at)
        self.matrix = sparse.csr_matrix((np.array(values, np.float32), np.array(places, np.int32), np.array(ends)),
                                        shape=(len(owner), PLACES))
        self.owner = np.array(owner, int)
        self.label = np.array([one.label for one in texts])
        self.source = np.array([f"{one.source}/{one.label}" for one in texts])

    def worst(self, logits):
        scores = np.full(len(self.texts), -30.0)
        np.maximum.at(scores, self.owner, logits)
        return scores


@functools.cache
def bagged(texts, place, floor):
    return Bags([Text(text, place, False, "plain") for text in texts], floor)


def fit(bags, allowed, closely, common):
    """A model of the texts that are allowed. Of a positive text only the windows that look worst carry its label."""
    # What the rules are sure of has been decided before a model is asked.
    known = np.array([one.rule >= .5 for one in bags.texts]) & bags.label
    weight = np.array([one.weight for one in bags.texts]) * allowed * np.where(known, KNOWN, 1.0)
    sizes = collections.Counter(bags.source[weight > 0])
    weight *= np.array([1 / np.sqrt(max(sizes[source], 1)) for source in bags.source])
    used = weight[bags.owner] > 0
    positive = bags.label[bags.owner]
    carries = used & positive
    for _ in range(ROUNDS):
        rows = carries | (used & ~positive)
        owner = bags.owner[rows]
        each = np.bincount(owner, minlength=len(bags.texts))[owner]
        share = weight[owner] / np.where(positive[rows], each, np.sqrt(each))
        for label in (True, False):
            share[positive[rows] == label] *= rows.sum() / 2 / share[positive[rows] == label].sum()
        scale = telling(bags.matrix[rows], positive[rows], share, common)
        model = LogisticRegression(C=closely, max_iter=60, tol=1e-3)
        model.fit(bags.matrix[rows] @ sparse.diags(scale), positive[rows], sample_weight=share)
        model.coef_ *= scale
        logits = model.decision_function(bags.matrix)
        most = bags.worst(np.where(carries, logits, -30.0))[bags.owner]
        carries = used & positive & ((logits >= most - 1e-9) | (logits > 1.0))
    # As the file keeps them, so that what is judged is what is used.
    model.scale = float(np.quantile(np.abs(model.coef_[model.coef_ != 0]), BULK)) / 127
    model.table = np.clip(np.round(model.coef_[0] / model.scale), -127, 127).astype(np.int8)
    model.coef_ = (model.table * model.scale).astype(np.float32)[None]
    return model


def telling(matrix, positive, share, common):
    """A factor for each feature: how much more often it is met with one label than with the other."""
    met = matrix.copy()
    met.data = np.ones_like(met.data)
    often = [1 + met.T @ np.where(positive == label, share, 0) for label in (True, False)]
    factors = common + np.abs(np.log(often[0] / often[0].sum()) - np.log(often[1] / often[1].sum()))
    return (factors / factors.mean()).astype(np.float32)


def logistic(logits):
    return 1 / (1 + np.exp(-logits))


def recall_at(scores, label, rate):
    highest = np.sort(scores[~label])[::-1]
    return float((scores[label] > highest[int(rate * len(highest))]).mean())


def area(scores, label):
    ranks, ones = rankdata(scores), label.sum()
    return float((ranks[label].sum() - ones * (ones + 1) / 2) / (ones * (~label).sum()))


def judge(bags, place, folds, manner):
    """Scores of texts by models that were trained without their fold, and which of them are met at this place."""
    scores = np.zeros(len(bags.texts))
    for fold in sorted(set(folds) - {None}, key=str):
        out = np.array([other == fold for other in folds])
        model = fit(bags, ~out, *manner)
        scores[out] = bags.worst(model.decision_function(bags.matrix))[out]
    kept = np.array([one.measured and place in (None, one.place) for one in bags.texts])
    return logistic(scores), kept


def told(scores, knee):
    """On the scale of the rules, as src/detect/model/weights.rs puts it."""
    return np.where(scores < knee, .5 * scores / knee, .5 + (SUREST - .5) * (scores - knee) / (1 - knee))


def beside(rule, scores, label):
    """As `inspect` ranks: a model is asked where no rule has decided."""
    both = np.where(rule >= .5, rule, np.maximum(rule, scores))
    return {
        "texts": len(label), "positive": int(label.sum()),
        **{f"{name} {figure}": round(how(values, label), 3)
           for name, values in (("rules", rule), ("model", scores), ("both", both))
           for figure, how in (("R@.5%", lambda s, l: recall_at(s, l, .005)), ("R@1%", lambda s, l: recall_at(s, l, .01)),
                               ("AUC", area))},
    }


def material(folder, name, task, plain, added):
    texts = list(labelled(folder, task["set"]))
    place = task["place"]
    for one in texts + added:
        weight = 1.0 if one.measured else .5
        # An address by itself is judged by where it leads, which is a rule's matter.
        if name == "code.model" and one.label and re.fullmatch(r"\s*\w+:/*[\w.:@\[\]-]+(?:/\S*)?\s*|[\w.-]+/?", one.text):
            weight = 0.0
        about = {"prompt.model-request": ("input", "output"), "prompt.model-result": ("output", "input"),
                 "poison.model": ("definition",)}.get(name)
        if about and one.place not in about:
            weight = 0.0 if one.label else .3
        # What people ask an assistant is no attack where they ask it, and one in a result.
        if name == "prompt.model-result" and one.place == "input" and not one.label:
            weight = 0.0 if one.source in ("bfcl_question", "wildguard_benign", "own ask") else weight
        if name == "prompt.model-request" and one.place == "output" and one.source in ("bipia", "own plain"):
            weight = 0.0 if one.label else weight
        # Each made text shows one thing, and says nothing of the others.
        if not one.measured and one.label and (name == "toxicity.model" or (name == "code.model") != (one.source == "own payload")):
            weight = 0.0
        one.weight = weight
    # A line of a program is what the code detector leaves alone by other means (src/detect/code/document.rs).
    weight = .3 if name == "code.model" else 1.0
    return texts + added + [Text(text, place or "output", False, "plain", weight) for text in plain]


def is_everyday(text):
    return text.source in ("own value", "own ordinary", "own result")


def is_written(text):
    return text.source == "own written"


def alike(texts):
    """Folds that keep together what begins alike, which is how templates begin."""
    def start(text):
        return " ".join(re.sub(r"[^a-z ]", "", text.lower()).split()[:5])
    judged = [one.measured or is_everyday(one) or is_written(one) for one in texts]
    return [digest(f"{one.source} {start(one.text)}") % FOLDS if kept else None for one, kept in zip(texts, judged)]


def train(folder):
    learn, check = snippets(SNIPPETS, SEED)
    pages, other_pages = (own + more for own, more in zip(documents(), packed()))
    files = programs(*PROGRAMS, SEED)[0]
    # Harmless texts that no model learns from.
    unlearned = {"pieces": check, "pages": other_pages, "programs": programs(*CHECKED, SEED)[1], "strings": strings()}
    report, parts = {}, []
    pooled = collections.defaultdict(list)
    makes = own.Texts(SEED)
    backgrounds = [text for text in learn if text.count("\n") > 5]
    made = [Text(*row[:3], f"own {row[3]}") for row in makes.all(backgrounds)]
    abuse = [Text(text, "output", label, f"own {group}") for text, label, group in Abuse(SEED).all()]
    for name, task in MODELS.items():
        added = [Text(one.text, one.place, one.label, one.source) for one in made]
        plain = learn + pages + (files if task.get("programs") else [])
        texts = material(folder, name, task, plain, added)
        texts += [Text(one.text, one.place, one.label, one.source, .5) for one in abuse if name == "toxicity.model"]
        texts = [one for one in texts if one.weight > 0 or one.measured] + list(written(name, task))
        ask_rules([one for one in texts if one.measured or is_written(one)], task["kinds"])
        *manner, floor = task["fit"]
        bags = Bags(texts, floor)
        model = fit(bags, np.ones(len(texts), bool), *manner)
        scores, kept = judge(bags, task["place"], alike(texts), manner)
        here = np.array([task["place"] in (None, one.place) for one in texts])
        own_words = here & np.array([is_written(one) for one in texts])
        # The texts of the sets and our own are each judged by a model without it.
        harmless = {
            "written": scores[own_words & ~bags.label], "set": scores[kept & ~bags.label],
            "everyday": scores[here & np.array([is_everyday(one) for one in texts])],
        }
        for part in (part for part in unlearned if part in task["rates"]):
            place = task["place"] or "output"
            harmless_bags = bagged(tuple(unlearned[part]), place, floor)
            harmless[part] = logistic(harmless_bags.worst(model.decision_function(harmless_bags.matrix)))
        knees = {part: float(np.sort(harmless[part])[::-1][int(rate * len(harmless[part]))])
                 for part, rate in task["rates"].items() if len(harmless[part])}
        knee = max(knees.values())
        rules = np.array([one.rule for one in texts])
        rule = rules >= .5

        def judged(how, scores, kept):
            rows = (rules[kept], told(scores[kept], knee), bags.label[kept])
            pooled[f"{task['set']}, {how}"].append(rows)
            return beside(*rows)

        flag = rule | (scores >= knee)
        figures = {"alike": judged("alike", scores, kept), "knee": round(knee, 4), "knees": {part: round(each, 4) for part, each in knees.items()}}
        figures["counts"] = [round(float(flag[kept & (bags.label == label)].mean()), 4) for label in (True, False)]
        if own_words.any():
            figures["written: texts, attacks, AUC"] = [
                int(own_words.sum()), int(bags.label[own_words].sum()), round(area(scores[own_words], bags.label[own_words]), 3),
            ]
            figures["written: rules, both, false"] = [
                round(float(part[own_words & (bags.label == label)].mean()), 4)
                for part, label in ((rule, True), (flag, True), (rule, False), (flag, False))
            ]
        by = collections.defaultdict(list)
        for at in np.flatnonzero(kept):
            by[f"{texts[at].source} {'+' if texts[at].label else '-'}"].append((rule[at], flag[at]))
        figures["by source, rules and both"] = {
            name: [len(each), *np.round(np.mean(each, axis=0), 3).tolist()] for name, each in sorted(by.items())
        }
        if not os.environ.get("QUICK"):
            # What a source holds of both labels, under names that begin alike, is held out together.
            origins = [re.split("[_-]", one.source)[0] if one.measured else None for one in texts]
            unseen, kept = judge(bags, task["place"], origins, manner)
            figures["unseen"] = judged("unseen", unseen, kept)
            flag = rule | (unseen >= knee)
            figures["unseen counts"] = [round(float(flag[kept & (bags.label == label)].mean()), 4) for label in (True, False)]
        figures["harmless texts, and how many count"] = {
            part: [len(each), int((each >= knee).sum())] for part, each in harmless.items()
        }
        report[name] = figures
        parts.append(struct.pack("<ffff", model.scale, float(model.intercept_[0]), knee, floor) + model.table.tobytes())
        print(name, *(f"  {key}: {json.dumps(value)}" for key, value in figures.items()), sep="\n", flush=True)
    for name, several in pooled.items():
        if len(several) > 1:
            report[f"all of {name}"] = beside(*map(np.concatenate, zip(*several)))
            print(f"all of {name}", json.dumps(report[f"all of {name}"]))
    return report, b"".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--report", help="also write the figures to this file, as JSON")
    options = parser.parse_args()
    report, weights = train(options.folder)
    (ROOT / "src/detect/model/weights.bin").write_bytes(weights)
    if options.report:
        pathlib.Path(options.report).write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
