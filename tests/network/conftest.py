"""Examples of Hypothesis have no deadline here: a busy machine is not a defect."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")
