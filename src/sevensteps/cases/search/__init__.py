"""Search ranking: rank a shop's results for a query."""
