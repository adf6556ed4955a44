"""`:person ID`: number, version, input, interactions, each one Enter from the other."""

from __future__ import annotations

import pytest

from tests.tui.driving import Driver, drive

pytestmark = pytest.mark.large


async def asked(driver: Driver, person: str) -> None:
    await driver.type(f":person {person}")
    await driver.press("enter")


def test_from_a_number_to_what_moved_it_and_to_the_versions() -> None:
    async def scenario(driver: Driver) -> None:
        await asked(driver, "p0012")
        await driver.until("0.0413")
        await driver.press("enter")
        await driver.until("p0012 ▸ views/degree ▸ Why")
        text = driver.text()
        assert "degree" in text
        assert "└ network" in text
        assert "tie p0012 → p0031" in text
        assert "2026-02-16 11:58:02  p0012 → p0031  message" in text
        await driver.press("G", "enter")
        await driver.until('"entry": "1760-0"')
        await driver.press("escape", "g", "enter")
        await driver.until("views/degree ▸ Versions")

    drive(scenario)


def test_somebody_unknown_is_said_to_be_unknown() -> None:
    async def scenario(driver: Driver) -> None:
        await asked(driver, "nobody")
        await driver.until("no table knows a person 'nobody'")

    drive(scenario)
