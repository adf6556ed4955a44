"""What grades, verdicts and reasons mean, each in one line for people."""

from __future__ import annotations

from causal_organism.causal.declarations.codes import DesignKind, Grade, Reason, Verdict

DESIGN_WORDS = {
    DesignKind.WITHIN: "each unit compared with itself over time",
    DesignKind.CROSS_SECTION: "units compared with others that are alike in what was measured",
    DesignKind.RANDOMISED: "units that were treated by lot compared with the others",
    DesignKind.STAGGERED: "units that began compared with those that had not yet begun",
    DesignKind.POLICY: "before and after the date of a policy",
}

GRADE_WORDS = {
    Grade.A: "decided by lot: nothing hidden can have chosen who was treated",
    Grade.B: "a change at a known time, and nothing had been moving before it",
    Grade.C: "observed: hidden causes were looked for and not found, but cannot be excluded",
    Grade.D: "not enough to act on: look into it",
}

VERDICT_WORDS = {
    Verdict.SUPPORTED: "there is an effect, and no check speaks against it",
    Verdict.WEAK: "there seems to be an effect, with the doubts that are named",
    Verdict.INCONCLUSIVE: "there may be no effect",
    Verdict.REFUTED: "what looks like an effect failed a check, so it is not believed",
    Verdict.REFUSED: "nothing can be concluded",
}

REASON_WORDS = {
    Reason.FEW_WEEKS: "too few weeks, or other times, to compare or to check",
    Reason.FEW_CLUSTERS: "too few independent groups to say how far chance could have moved it",
    Reason.NO_OVERLAP: "treated and untreated are too unlike, or nobody changed by as much as is spoken of",
    Reason.CONSTANT_TREATMENT: "the treatment hardly varies where it would have to",
    Reason.NOT_IDENTIFIED: "what is held equal leaves the treatment's effect open",
    Reason.VARIABLE_MISSING: "a declared column, or its value, is missing",
    Reason.NO_OUTCOMES: "the outcome was not measured, or is the same everywhere",
    Reason.NO_DATA: "there are no usable rows",
    Reason.NO_COMMON_WEEKS: "treatment and outcome were never measured together",
    Reason.SMALL_GROUP: "fewer units than the least that anything is said about",
    Reason.NOT_A_NUMBER: "text, or something infinite, stands where a number belongs",
    Reason.DUPLICATE_PEOPLE: "the same unit stands there more than once",
    Reason.DUPLICATE_OUTCOMES: "the same unit and time stand there more than once",
    Reason.LEAD_PLACEBO: "later treatment seems to change earlier outcomes: something hidden, or feedback, is at work",
    Reason.PERMUTED_PLACEBO: "a shuffled treatment seems to work too, so the calculation is wrong",
    Reason.RANDOM_COMMON_CAUSE: "pure noise, held equal, changes the effect",
    Reason.NEGATIVE_CONTROL: "it seems to change what it cannot change",
    Reason.PRE_TREND: "the outcome was already moving before the treatment began",
    Reason.INTERVAL_INCLUDES_ZERO: "the interval includes no effect",
    Reason.SIGN_UNCERTAIN: "it hangs on a few groups or one half of the time",
    Reason.MANY_TESTS: "not clear enough among everything that was looked at",
    Reason.SENSITIVE: "a hidden cause of moderate strength could explain it",
    Reason.MEASUREMENT_ERROR: "noise in the treatment's measurement hides how large it really is",
    Reason.MISSING_NOT_AT_RANDOM: "outcomes are missing more often where the treatment was different",
    Reason.TEAM_SHOCK: "without holding equal what happens to whole groups, it would have come out differently",
    Reason.SPILLOVER: "the treatment of others in the group matters too, so this is not the whole effect",
    Reason.POSSIBLE_HARM: "this outcome must not get worse, and it may",
    Reason.UNIT_BREAK: "a column changes its unit of measurement on the way",
    Reason.IMPLAUSIBLE: "a value that cannot be right",
    Reason.NOT_COVERED: "the treatment was not measured, or nothing at all was seen",
    Reason.GAPS: "times are missing between those that were measured",
    Reason.SAME_SOURCE: "treatment and outcome come from the same measurement",
    Reason.GUARDRAIL_UNDECLARED: "which way it is better is not declared, so nothing that moves it is proposed",
    Reason.UNREVIEWED: "nobody has reviewed the study file, so it proposes pilots at most",
    Reason.ESTIMATORS_DIFFER: "a second way to estimate it gives something else",
    Reason.REFERENCE_DIFFERS: "an independent calculation gives something else, so one of the two is wrong",
}
