"""A shop whose catalogue, shoppers and clicks are known: what search is tried on."""
