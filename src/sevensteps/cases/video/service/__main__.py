"""`python -m sevensteps.cases.video.service`: the service without the command line."""

from sevensteps.serve.config import main

from .pages import PagesConfig, serve_pages

if __name__ == "__main__":
    raise SystemExit(main(PagesConfig, serve_pages))
