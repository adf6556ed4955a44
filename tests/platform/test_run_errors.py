"""What a run that failed says of itself: its own error, and the tracebacks in its log."""

from __future__ import annotations

from causal_organism.platform.run_errors import own_error, tracebacks_of
from tests.platform.test_runs import Unconfigured, asked, organism


def test_a_run_that_died_before_its_first_step_tells_its_own_error() -> None:
    o = organism()
    run = asked(o)
    o.orchestrator.begin(run)
    o.orchestrator.log(run, "Traceback (most recent call last):\nImportError: no shop", level="error")
    assert own_error(o, run, "Process exited with status code 1") == (
        "Process exited with status code 1; ImportError: no shop"
    )
    assert own_error(o, run, "Flow run encountered an exception: ImportError: no shop") == (
        "Flow run encountered an exception: ImportError: no shop"
    )


def test_without_a_log_it_is_the_state_that_tells() -> None:
    o = organism()
    run = asked(o)
    assert own_error(o, run, None) == "it ended without a word"
    o.orchestrator = Unconfigured()
    assert (own_error(o, run, "killed"), tracebacks_of(o, run)) == ("killed", ())


def test_tracebacks_are_found_among_the_lines_of_a_run() -> None:
    o = organism()
    run = asked(o)
    o.orchestrator.log(run, "total: 1 to make")
    o.orchestrator.log(run, "raised at shop.py, line 3, in total\nKeyError: 'q'", task="total")
    assert [each["task"] for each in tracebacks_of(o, run)] == ["total"]
