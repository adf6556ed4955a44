"""Assets at work: observe, judge, plan, make, publish. Knows no network, no view and no person."""
