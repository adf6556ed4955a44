"""What can be done with a run, and why not."""

from __future__ import annotations

import pytest

from causal_organism.wording.run_actions import cancel_refusal, retry_refusal

RUN = "719c3404-b0bc-46b3-b26a-45e820610f6a"
FLOW = "refresh-assets/refresh"


@pytest.mark.parametrize(
    ("state", "state_type", "retry", "cancel"),
    [
        ("Completed", "COMPLETED", "not-retryable", "run-ended"),
        ("Failed", "FAILED", None, "run-ended"),
        ("TimedOut", "FAILED", None, "run-ended"),
        ("Timed Out", None, None, "run-ended"),
        ("Crashed", "CRASHED", None, "run-ended"),
        ("Cancelled", "CANCELLED", None, "run-ended"),
        ("Cancelling", "CANCELLING", "not-retryable", None),
        ("Running", "RUNNING", "not-retryable", None),
        ("AwaitingRetry", "SCHEDULED", "not-retryable", None),
        ("Late", "SCHEDULED", "not-retryable", None),
        ("Teleporting", None, "not-retryable", None),
    ],
)
def test_what_can_be_done_with_a_run(state: str, state_type: str | None, retry: str | None, cancel: str | None) -> None:
    run = {"id": RUN, "state": state, "state_type": state_type, "deployment": FLOW}
    refusals = (retry_refusal(run), cancel_refusal(run))
    assert tuple(each and each.code for each in refusals) == (retry, cancel)
    assert all("719c3404" in each.reason and state in each.reason for each in refusals if each)


def test_a_run_without_a_deployment_can_be_neither_retried_nor_cancelled() -> None:
    run = {"id": f"local-{RUN}", "state": "Failed", "state_type": "FAILED", "deployment": None}
    refusals = (retry_refusal(run), cancel_refusal(run))
    assert [each and each.code for each in refusals] == ["local-run", "local-run"]


def test_a_run_that_failed_for_a_loss_is_retried_after_the_stream_was_read_again() -> None:
    run = {"id": RUN, "state": "Failed", "deployment": FLOW, "lost": "12 entries after 1-0"}
    refusal = retry_refusal(run)
    assert refusal is not None
    assert (refusal.code, "12 entries" in refusal.reason) == ("not-retryable", True)
