"""Which facts are faults, and what people read of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from causal_organism.alerts.alerts import ERROR, WARNING
from causal_organism.alerts.faults import FaultKind, alert_of
from causal_organism.alerts.of_servers import LEAST_BYTES, clocks_differ, disk_fills


@pytest.mark.parametrize(
    ("used", "kind", "severity"),
    [
        (0.5, None, None),
        (0.899, None, None),
        (0.90, FaultKind.DISK_FILLING, WARNING),
        (0.969, FaultKind.DISK_FILLING, WARNING),
        (0.97, FaultKind.DISK_FULL, ERROR),
        (1.0, FaultKind.DISK_FULL, ERROR),
    ],
)
def test_a_disk_is_told_at_ninety_and_is_an_error_at_ninety_seven_percent(
    used: float, kind: FaultKind | None, severity: str | None
) -> None:
    fault = disk_fills("/srv/home", used=used, left_bytes=52_000_000)
    assert (fault and fault.kind, fault and fault.severity) == (kind, severity)


def test_a_small_disk_is_full_where_no_server_goes_on() -> None:
    fault = disk_fills("/srv/home", used=0.5, left_bytes=LEAST_BYTES - 1)
    assert (fault and fault.kind, fault and fault.severity) == (FaultKind.DISK_FULL, ERROR)


def test_a_fault_names_what_it_is_about_and_what_to_do() -> None:
    fault = disk_fills("/srv/home", used=0.98, left_bytes=52_000_000)
    assert fault is not None
    assert fault.text == "the disk of /srv/home is 98% full: 52 MB are left"
    alert = alert_of(fault, again="2026-01-05")
    assert (alert.dedup_key, alert.subject) == ("disk-full//srv/home/2026-01-05", "/srv/home")
    assert "organism retain" in alert.text


def test_a_wrong_clock_is_one_fault_per_machine() -> None:
    assert clocks_differ("Redis is 90 s ahead", machine="one").key == "clock/one"


def test_every_kind_of_fault_stands_in_the_page_of_alerts() -> None:
    page = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()
    assert [kind for kind in FaultKind if f"`{kind}/" not in page] == []
