"""A search engine in parts: understand a query, retrieve, rank."""
