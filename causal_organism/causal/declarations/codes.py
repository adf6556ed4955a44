"""The closed lists of a study: designs, grades, verdicts and reasons."""

from __future__ import annotations

from enum import StrEnum


class DesignKind(StrEnum):
    WITHIN = "within"
    CROSS_SECTION = "cross-section"
    RANDOMISED = "randomised"
    STAGGERED = "staggered"
    POLICY = "policy"


class Direction(StrEnum):
    """Which way an outcome is better."""

    UP = "up"
    DOWN = "down"


class Grade(StrEnum):
    """How much a design can prove: A randomised, B a sharp change with a comparison, C observed, D investigate only."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class Verdict(StrEnum):
    SUPPORTED = "supported"
    WEAK = "weak"
    INCONCLUSIVE = "inconclusive"
    REFUTED = "refuted"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a conclusion is less than it might be, or why rows were left out. No other code is ever given."""

    FEW_WEEKS = "few-weeks"
    FEW_CLUSTERS = "few-clusters"
    NO_OVERLAP = "no-overlap"
    CONSTANT_TREATMENT = "constant-treatment"
    NOT_IDENTIFIED = "not-identified"
    VARIABLE_MISSING = "variable-missing"
    NO_OUTCOMES = "no-outcomes"
    NO_DATA = "no-data"
    NO_COMMON_WEEKS = "no-common-weeks"
    SMALL_GROUP = "small-group"
    NOT_A_NUMBER = "not-a-number"
    DUPLICATE_PEOPLE = "duplicate-people"
    DUPLICATE_OUTCOMES = "duplicate-outcomes"
    LEAD_PLACEBO = "lead-placebo"
    PERMUTED_PLACEBO = "permuted-placebo"
    RANDOM_COMMON_CAUSE = "random-common-cause"
    NEGATIVE_CONTROL = "negative-control"
    PRE_TREND = "pre-trend"
    INTERVAL_INCLUDES_ZERO = "interval-includes-zero"
    SIGN_UNCERTAIN = "sign-uncertain"
    MANY_TESTS = "many-tests"
    SENSITIVE = "sensitive"
    MEASUREMENT_ERROR = "measurement-error"
    MISSING_NOT_AT_RANDOM = "missing-not-at-random"
    TEAM_SHOCK = "team-shock"
    SPILLOVER = "spillover"
    POSSIBLE_HARM = "possible-harm"
    UNIT_BREAK = "unit-break"
    IMPLAUSIBLE = "implausible"
    NOT_COVERED = "not-covered"
    GAPS = "gaps"
    SAME_SOURCE = "same-source"
    GUARDRAIL_UNDECLARED = "guardrail-undeclared"
    UNREVIEWED = "unreviewed"
    ESTIMATORS_DIFFER = "estimators-differ"
    REFERENCE_DIFFERS = "reference-differs"
