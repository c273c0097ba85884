"""A bank as a page of the site, with its answers folded so that one can try first."""

from pathlib import Path

from jinja2 import Environment

from sevensteps.teach.bank import STEPS, Bank, load_bank
from sevensteps.teach.chapters import find_root

TEMPLATE = Path(__file__).with_name("bank.md.jinja")


def page(bank: Bank) -> str:
    """The bank in MyST Markdown."""
    made = Environment(trim_blocks=True, keep_trailing_newline=True)
    template = made.from_string(TEMPLATE.read_text("utf-8"))
    return template.render(dict(bank), steps=STEPS)


def write_pages(folder: Path | None = None) -> list[Path]:
    """Write the page of every bank beside its file, and return the pages.

    Banks are in `book/bank` of this clone unless another folder is given.
    """
    folder = folder or find_root() / "book" / "bank"
    pages = []
    for source in sorted(folder.glob("*.yml")):
        written = source.with_suffix(".md")
        text = page(load_bank(source.stem, folder=folder))
        written.write_text(text, encoding="utf-8")
        pages.append(written)
    return pages


if __name__ == "__main__":
    for written in write_pages():
        print(f"wrote {written.name}")
