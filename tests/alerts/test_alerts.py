from __future__ import annotations

import json
import re
from typing import Any

import click
import pytest

from causal_organism.alerts.alerts import Alert
from causal_organism.alerts.messages import to_email, to_sentry, to_slack
from causal_organism.alerts.rules import (
    alerts_of_run,
    check_failed,
    fresh,
    gap_detected,
    head_rejected,
    network_differs,
    run_failed,
    step_failed,
    trial_alert,
)
from causal_organism.assets.versions import CheckResult
from causal_organism.cli.main import organism


def of_check(name: str, detail: str, *, blocking: bool) -> CheckResult:
    return CheckResult(name=name, passed=False, blocking=blocking, detail=detail)


def step(key: Any, outcome: Any, error: Any = None) -> Any:
    return {"key": key, "outcome": outcome, "version": 1, "causes": [], "seconds": None, "error": error}


def of_run(*steps: Any, outcome: str = "failed", error: Any = None) -> Any:
    return alerts_of_run(run="r1", flow="full-analysis", outcome=outcome, steps=steps, error=error)


def test_one_alert_per_failure_and_none_for_what_waits_behind_it() -> None:
    alerts = of_run(
        step("views/degree", "made"),
        step("views/betweenness", "failed", "MemoryError: no room"),
        step("panel", "blocked", "views/betweenness failed"),
        step("causal/effects", "blocked", "panel is blocked"),
    )
    assert [(each.subject, each.severity) for each in alerts] == [("views/betweenness", "error")]
    assert "MemoryError: no room" in alerts[0].text
    assert "Blocked behind it: panel, causal/effects." in alerts[0].text


def test_content_that_a_check_rejected_is_an_alert_of_the_check() -> None:
    rejected = step("views/degree", "rejected", "row_count: 0 rows, at least 1")
    (alert,) = of_run({**rejected, "failed_checks": [{"name": "row_count", "detail": "0 rows, at least 1"}]})
    assert alert.title == "check row_count of views/degree failed"
    assert "0 rows, at least 1" in alert.text
    assert (
        alert.dedup_key
        == check_failed(of_check("row_count", "", blocking=True), key="views/degree", run="r1").dedup_key
    )


def test_a_head_that_a_check_rejected_is_an_alert_that_names_no_rejected_value() -> None:
    failed = [{"name": "bounded", "detail": "9, below 5"}]
    rejected = step("views/degree", "rejected", "bounded: 9, below 5")
    (alert,) = of_run({**rejected, "failed_checks": failed, "of_head": True})
    assert alert.title == "check bounded of views/degree failed"
    assert "9, below 5" in alert.text
    assert "`organism checks run views/degree`" in alert.text
    assert "@rejected" not in alert.text


def test_a_run_that_failed_without_a_failed_step_is_an_alert_of_its_own() -> None:
    (alert,) = of_run(step("views/degree", "made"), error="StoreError: connection lost")
    assert alert == run_failed(run="r1", flow="full-analysis", error="StoreError: connection lost")


@pytest.mark.parametrize("outcome", ["done", "nothing", "cancelled", "queued"])
def test_nothing_is_said_when_nothing_failed(outcome: Any) -> None:
    assert of_run(step("views/degree", "made"), step("panel", "cancelled"), outcome=outcome) == ()


def test_a_warning_is_no_error() -> None:
    assert check_failed(of_check("c", "d", blocking=False), key="k", run="r").severity == "warning"
    assert check_failed(of_check("c", "d", blocking=True), key="k", run="r").severity == "error"


def test_a_gap_says_how_much_is_missing_and_is_the_same_whoever_notices_it() -> None:
    one = gap_detected(stream="organism:interactions", after="1-0", before="9-0", missing=1234)
    other = gap_detected(stream="organism:interactions", after="1-0", before="9-0", missing=None)
    assert "1,234 entries" in one.text
    assert "an unknown number of entries" in other.text
    assert one.dedup_key == other.dedup_key


RUN = {"run": "r1", "flow": "full-analysis"}
ALERTS = {
    "run": (
        run_failed(**RUN, error="StoreError: connection lost"),
        "StoreError: connection lost\n\n`organism run r1` shows its steps and logs; `organism retry r1` runs it again"
        " from the failure. What was published before stands.",
    ),
    "step": (
        step_failed(key="panel", **RUN, error="ValueError: no", blocked=["causal/effects"]),
        "ValueError: no\n\nBlocked behind it: causal/effects. Its last version stands. `organism run r1` shows the"
        " logs; `organism retry r1` tries again from here.",
    ),
    "check": (
        check_failed(of_check("c", "too few", blocking=True), key="panel", run="r1"),
        "too few\n\nThe new content was rejected and is kept for inspection; the version before stands."
        " `organism read panel@rejected` shows it; `organism diff panel panel@rejected` what it would change.",
    ),
    "warning": (
        check_failed(of_check("c", "too few", blocking=False), key="panel", run="r1"),
        "too few\n\nThe new content was published and is marked. `organism versions panel` shows them.",
    ),
    "head": (
        head_rejected(key="panel", run="r1", check="c", detail="too few", blocked=["causal/effects"]),
        "too few\n\nIt was run on the version that readers see, which stays and is marked; nothing is made from it."
        " Blocked behind it: causal/effects. `organism show panel` shows its checks; `organism checks run panel`"
        " runs them again.",
    ),
    "gap": (
        gap_detected(stream="s", after="1-0", before="9-0", missing=20),
        "Removed from the stream before they were read: 20 entries after 1-0 and before 9-0. The network does not"
        " have them. Ingest them again from their origin: what has an `id` is applied once; or restore the stream."
        " `organism stream reread` makes the next pulse read the whole of it again; what is known already does not"
        " count twice.",
    ),
    "network": (
        network_differs(run="r1", at="t", what="batch 7: 2 ties", differences=["a -> b", "b -> c"], repaired=False),
        "batch 7: 2 ties\na -> b\nb -> c\nIt was left as it is: `organism check --network --repair` makes it again"
        " from the archive.\n`organism audit` keeps the list.",
    ),
    "network made again": (
        network_differs(run="r1", at="t", what="batch 7: 2 ties", differences=[], repaired=True),
        "batch 7: 2 ties\nIt was made again from the archive.\n`organism audit` keeps the list.",
    ),
}


@pytest.mark.parametrize(("alert", "text"), ALERTS.values(), ids=ALERTS)
def test_an_alert_says_what_happened_what_stands_and_what_to_do(alert: Any, text: Any) -> None:
    assert alert.text == text


@pytest.mark.parametrize("text", [text for _, text in ALERTS.values()], ids=ALERTS)
def test_every_command_that_an_alert_names_is_there(text: Any) -> None:
    for words in re.findall(r"`organism ([^`]+)`", text):
        command: click.Command | None = organism
        options: list[str] = []
        for word in words.split():
            if word.startswith("--"):
                options.append(word)
            elif isinstance(command, click.Group):
                command = command.get_command(click.Context(command), word)
        assert isinstance(command, click.Command), words
        assert not isinstance(command, click.Group) or command.invoke_without_command, words
        assert set(options) <= {name for each in command.params for name in each.opts}, words


def test_a_failure_is_sent_once() -> None:
    again = [*of_run(step("a", "failed", "x")), *of_run(step("a", "failed", "x")), *of_run(step("b", "failed", "y"))]
    assert [each.subject for each in fresh(again, frozenset())] == ["a", "b"]
    assert [each.subject for each in fresh(again, frozenset({"step-failed/r1/a"}))] == ["b"]


def test_an_alert_names_every_check_that_rejected_and_never_reads_a_name_out_of_a_sentence() -> None:
    both = [{"name": "a: b", "detail": "no"}, {"name": "c", "detail": "not so"}]
    (alert,) = of_run({**step("views/degree", "rejected", "a: b: no; c: not so"), "failed_checks": both})
    assert alert.title == "check a: b, c of views/degree failed"
    assert alert.text.startswith("a: b: no; c: not so\n")


def test_failures_of_different_runs_and_assets_are_different() -> None:
    keys = {
        alert.dedup_key
        for run in ("r1", "r2")
        for alert in alerts_of_run(
            run=run, flow="f", outcome="failed", steps=[step("a", "failed"), step("b", "failed")]
        )
    }
    assert len(keys) == 4


HOSTILE = "<!channel> <@U1> *b* [b]x[/b] \x1b[31mred\x1b[0m\r\nSubject: spam\x00"


def hostile_alert() -> Any:
    return Alert(title=HOSTILE, text=HOSTILE * 400, severity="error", subject=HOSTILE, run=None, dedup_key="k")


def test_titles_are_one_printable_line() -> None:
    alert = hostile_alert()
    assert "\n" not in alert.title and "\x1b" not in alert.title and "\x00" not in alert.title
    assert "\x1b" not in alert.text and len(alert.text) <= 4000


def test_slack_interprets_nothing() -> None:
    document: Any = to_slack(hostile_alert(), "production")
    assert "<" not in document["text"]
    kinds = [block.get("text", {}).get("type") or block["elements"][0]["type"] for block in document["blocks"]]
    assert kinds == ["plain_text"] * 3
    assert len(document["blocks"][0]["text"]["text"]) <= 150


def test_an_email_has_one_subject_line() -> None:
    subject, body = to_email(hostile_alert(), "production")
    assert subject.startswith("[production] error: ")
    assert "\n" not in subject and "\r" not in subject
    assert not {"\x1b", "\x00", "\r"} & set(body)


def test_sentry_groups_by_failure() -> None:
    event = to_sentry(run_failed(run="r1", flow="f", error=None), "staging")
    assert (event["level"], event["environment"], event["fingerprint"]) == ("error", "staging", ["run-failed/f"])
    assert event["tags"] == {"subject": "f", "run": "r1"}


def test_every_message_is_json() -> None:
    for alert in (hostile_alert(), trial_alert(environment="dev", sent_by="ana")):
        for document in (to_slack(alert, "dev"), to_sentry(alert, "dev"), alert.document("dev")):
            json.dumps(document)


@pytest.mark.parametrize("wrong", [{"severity": "fatal"}, {"dedup_key": ""}])
def test_an_alert_without_severity_or_key_is_refused(wrong: Any) -> None:
    fields = {"title": "t", "text": "t", "severity": "error", "subject": "s", "run": None, "dedup_key": "k"} | wrong
    with pytest.raises(ValueError):
        Alert(**fields)
