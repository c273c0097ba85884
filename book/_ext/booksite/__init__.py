"""The book's own Sphinx extension: what its site does beyond plain Sphinx.

- `callouts`: quotations that open with a callout's name
- `mathml`: formulas at build time
- `outputs`: stored notebook outputs, made accessible; figures get numbers
- `diagram`: the `{diagram}` directive
- `page`: times, "run it" buttons, navigation
- `terms`: bold terms of a chapter, linked to the glossary
- `search`: the search index
- `finish`: what happens after the last page is written
"""

import os
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.domains.std import StandardDomain

from booksite import callouts, diagram, finish, mathml, outputs, page, search, terms


def _follow_the_fork(app: Sphinx, config: Config) -> None:
    """Point links at the repository that publishes: GitHub Actions names it."""
    repository = os.environ.get("GITHUB_REPOSITORY", "")
    if "/" in repository:
        owner, name = repository.split("/")
        server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
        config["book_repository"] = f"{server}/{repository}"
        config["html_baseurl"] = f"https://{owner}.github.io/{name}/"
    config["ogp_site_url"] = config.html_baseurl


def _free_the_label_search() -> None:
    """Give up Sphinx's label for its search page: a chapter is called `search`."""
    for kept in ("labels", "anonlabels"):
        StandardDomain.initial_data[kept].pop("search", None)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part with Sphinx."""
    _free_the_label_search()
    app.add_config_value("book_repository", "", "env", str)
    app.add_config_value("book_branch", "main", "env", str)
    app.add_config_value("comments_config", {}, "")  # jupyter-book always sets it
    app.connect("config-inited", _follow_the_fork, priority=100)
    for part in (callouts, mathml, outputs, diagram, page, search, terms, finish):
        part.setup(app)
    # env_version: raised when what a build keeps for the next one must be made anew
    safe = {"parallel_read_safe": True, "parallel_write_safe": True}
    return {"version": "1", "env_version": 2} | safe
