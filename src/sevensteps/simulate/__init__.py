"""Counterfactual runs: the same people and random numbers under another policy."""
