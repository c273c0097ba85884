"""Learning from biased clicks: who looks where, and what a click is then worth.

A log of searches becomes a `ClickLog`. Propensities come from experiments or are
harvested; click models explain whole lists; weights and rates feed a ranker. Whatever
is public is a name of `sevensteps.measure`.
"""
