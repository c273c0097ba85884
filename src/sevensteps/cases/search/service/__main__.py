"""`python -m sevensteps.cases.search.service`: the search without the command line."""

from sevensteps.serve.config import main

from .searches import SearchConfig, serve_search

if __name__ == "__main__":
    raise SystemExit(main(SearchConfig, serve_search))
