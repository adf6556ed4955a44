"""From interactions and outcomes to causal effects and what they withstand. The only importer of dowhy."""
