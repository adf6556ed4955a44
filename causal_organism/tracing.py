"""OpenTelemetry traces, from a command through Prefect's runs to the stores. Off, nothing of it is imported.

Names and kinds only: no statement, no key of a person, no text of an error. Prefect makes the spans of flows and tasks
itself, where a process exports any.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from causal_organism.settings import wants_traces

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

_NAME = "causal-organism"


def start_tracing(processor: SpanProcessor | None = None) -> None:
    """Export the spans of this process where ORGANISM_TRACES asks for it, or by this processor; once in a process.

    Raises ModuleNotFoundError where the extra `otel` is not installed.
    """
    if processor is None and not wants_traces():
        return
    from opentelemetry import trace  # 0.1 s, with what sends them
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider(resource=Resource.create({"service.name": _NAME}))  # OTEL_SERVICE_NAME goes before
        trace.set_tracer_provider(provider)
    elif processor is None:
        return
    provider.add_span_processor(processor or _exporting())


@contextmanager
def span(name: str, **attributes: str) -> Iterator[None]:
    """What is done in the block, under what it is a part of."""
    api = _interface()
    if api is None:
        yield
        return
    with api.get_tracer(_NAME).start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(api.Status(api.StatusCode.ERROR, type(error).__name__))
            raise


def traceparent() -> str | None:
    """How another process names what goes on here as what it is a part of; None where nothing is traced."""
    if _interface() is None:
        return None
    from opentelemetry import propagate

    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")


def _interface() -> Any:
    """None where nobody listens: Prefect loads the interface, and what records spans only who wants them."""
    return sys.modules.get("opentelemetry.trace") if "opentelemetry.sdk.trace" in sys.modules else None


def _exporting() -> SpanProcessor:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter())
