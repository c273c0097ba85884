"""Write the page of every bank: `python -m sevensteps.teach.bank`."""

from sevensteps.teach.bank.page import write_pages

if __name__ == "__main__":
    for written in write_pages():
        print(f"wrote {written.name}")
