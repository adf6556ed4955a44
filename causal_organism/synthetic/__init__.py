"""An organisation generator with known causal truth."""

from causal_organism.synthetic.organisation import Organisation, generate

__all__ = ["Organisation", "generate"]
