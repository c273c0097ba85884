"""`sevensteps new`: the skeleton of a case."""

from sevensteps.authoring.new_case import new_case
from sevensteps.commands.console import console, failing_plainly
from sevensteps.teach.chapters import find_root


def write_new(slug: str, title: str | None) -> int:
    """Write a case's files into this clone, and say what to do next."""
    with failing_plainly():
        root = find_root()
        files = new_case(slug, title, root)
    for file in files:
        console.print(f"  {file}", highlight=False)
    console.print(
        f"\nA toy that runs. Now:\n"
        f"  make format              # a long name breaks lines\n"
        f"  sevensteps run {slug}      # execute its notebook\n"
        f"  sevensteps serve {slug}    # answer; `sevensteps load {slug}` asks\n"
        f"  make test-quick           # and pytest tests/contract -k {slug}\n"
        f"Then replace the world, the policy, the service and the words by your own.",
        highlight=False,
        soft_wrap=True,
    )
    return 0
