"""Effects of several treatments on several outcomes, with every check, beside one DoWhy model per person and pair.

python -m benchmarks.effects [people]    (each in a process of its own; CPU of all its threads, most memory)

5 treatments by 4 outcomes over 26 weeks. What is naive: for each person, treatment and outcome a CausalModel, identify,
estimate and 100 placebos; measured on 20 people and one pair each, which all cost the same.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from causal_organism.causal.declarations.panel_study import parse_panel_study, shipped_text
from causal_organism.causal.effects import estimate_effects
from causal_organism.causal.panel import build_panel
from causal_organism.causal.refutations import refute

WEEKS, NAIVE_PEOPLE, PLACEBOS = 26, 20, 100
FURTHER = ("tickets", "reviews", "trips", "trainings")
OUTCOMES = {"focus_h": 1.0, "after_hours_share": 0.05, "mood": 0.3, "answers_h": 2.0}


def main(people: int = 10_000) -> None:
    with tempfile.TemporaryDirectory(prefix="organism-bench-") as folder:
        file = Path(folder) / "panel.npz"
        _apart("write", str(file), str(people))
        ours = _apart("ours", str(file))
        naive = _apart("naive", str(file))
    pairs = len(study().treatments) * len(study().outcomes)
    naive_s = naive["a_person_s"] * people * pairs
    print(f"{people:,} people, {WEEKS} weeks, {pairs} pairs, {ours['estimands']} estimands, of which "
          f"{ours['estimated']} estimated")  # fmt: skip
    print(f"ours: {ours['effects_s']:.0f} s of CPU for effects, {ours['refute_s']:.0f} s for the checks, "
          f"{ours['most_mb']:,.0f} MB at most, {ours['wall_s']:.0f} s")  # fmt: skip
    print(f"naive: {naive['a_person_s']:.2f} s of CPU for a person and pair, {naive_s:,.0f} s for all; "
          f"{naive_s / (ours['effects_s'] + ours['refute_s']):,.0f} times as much")  # fmt: skip


def study() -> Any:
    """Each treatment may move each outcome; they do not cause one another."""
    text, causes = shipped_text(), "meet_load_h -> OUTCOME\n"
    treatments = "".join(
        f'[treatment.{name}]\ncolumn = "{name}"\nsource = "desk"\ncontrast = 1\n\n' for name in FURTHER
    )
    known = "".join(f"{name} -> OUTCOME person -> {name} week -> {name}\n" for name in FURTHER)
    outcomes = "".join(
        f'\n[outcome.{name}]\ncolumn = "{name}"\nunit = "points"\ndirection = "up"\nleast = 0.1\nguardrail = true\n'
        for name in ("mood", "answers_h")
    )
    text = text.replace("[outcome.focus]", treatments + "[outcome.focus]")
    return parse_panel_study(text.replace(causes, causes + known, 1) + outcomes)


def write(file: str, people: str) -> Mapping[str, float]:
    """The panel of a generated organisation, with further treatments, each of which moves each outcome."""
    from causal_organism.synthetic import generate
    from causal_organism.synthetic.weekly import weekly_sums

    made = generate(int(people), WEEKS, 7, start=date(2026, 1, 5))
    outcomes = dict(made.outcomes)
    rng, rows = np.random.default_rng(1), len(outcomes["id"])
    person = np.unique(outcomes["id"], return_inverse=True)[1]
    order = np.lexsort((outcomes["week"], person))
    for name in ("mood", "answers_h"):
        outcomes[name] = rng.normal(size=rows) + rng.normal(size=person.max() + 1)[person]
    before = np.full(rows, -1)
    same = person[order][1:] == person[order][:-1]
    before[order[1:][same]] = order[:-1][same]
    for name in FURTHER:
        base = rng.normal(size=person.max() + 1)[person]
        outcomes[name] = 8 + base + rng.normal(size=rows)
        for outcome, size in OUTCOMES.items():
            outcomes[outcome] = outcomes[outcome] + 0.2 * size * np.where(before >= 0, outcomes[name][before], 8.0)
    panel: dict[str, Any] = build_panel(weekly_sums(made), made.people, outcomes)
    np.savez(file, **panel)
    return {"rows": float(rows)}


def ours(file: str) -> Mapping[str, float]:
    panel, declared = dict(np.load(file)), study()
    began, at_first = time.perf_counter(), time.process_time()
    columns, facts = estimate_effects(panel, seed=1, declared=declared)
    effects_s = time.process_time() - at_first
    left = refute(panel, columns, seed=1, declared=declared)
    return {
        "effects_s": effects_s, "refute_s": time.process_time() - at_first - effects_s,
        "wall_s": time.perf_counter() - began, "most_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "estimands": len(facts["estimands"]), "estimated": sum(bool(each["checks"]) for each in left["estimands"]),
    }  # fmt: skip


def naive(file: str) -> Mapping[str, float]:
    """CPU of one person and pair; the import is not counted."""
    import logging

    import pandas as pd
    from dowhy import CausalModel

    logging.getLogger("dowhy").setLevel(logging.ERROR)
    panel = dict(np.load(file))
    known = np.isfinite(panel["meet_load_h"]) & np.isfinite(panel["focus_h_next"])
    people = np.unique(panel["id"])[:NAIVE_PEOPLE]
    held = ("assigned_load", "deadline", *FURTHER)
    warnings.simplefilter("ignore")
    began = time.process_time()
    for person in people:
        rows = known & (panel["id"] == person)
        frame = pd.DataFrame({name: panel[name][rows] for name in ("meet_load_h", "focus_h_next", *held)})
        model = CausalModel(frame, treatment="meet_load_h", outcome="focus_h_next", common_causes=list(held))
        estimand = model.identify_effect(method_name="maximal-adjustment", proceed_when_unidentifiable=True)
        estimate = model.estimate_effect(estimand, method_name="backdoor.linear_regression")
        model.refute_estimate(
            estimand, estimate, method_name="placebo_treatment_refuter", placebo_type="permute",
            num_simulations=PLACEBOS,
        )  # fmt: skip
    return {"a_person_s": (time.process_time() - began) / len(people)}


def _apart(what: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.effects", what, *arguments]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ).stdout
    return dict(json.loads(out.splitlines()[-1]))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", file, people]:
            print(json.dumps(write(file, people)))
        case ["ours", file]:
            print(json.dumps(ours(file)))
        case ["naive", file]:
            print(json.dumps(naive(file)))
        case arguments:
            main(*map(int, arguments))
