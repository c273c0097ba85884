"""A small book with every component of ours on three pages, built for the tests."""

import shutil
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sevensteps.teach import commit, figures, reveal

ROOT = Path(__file__).parents[2]
SAMPLE = Path(__file__).parent / "sample"


def figure(name):
    figures.use_house_style()
    drawing, axes = plt.subplots()
    x = np.linspace(0, 10, 20)
    for slope, label in enumerate(["ours", "naive", "truth", "rival"]):
        axes.plot(x, x * (slope + 1) / 10, label=label)
    axes.set(xlabel="alerts a day", ylabel="recall")
    figures.label_lines(axes)
    alt = "Four lines rise; the last one ends at 4."
    return figures.show(drawing, name, alt, "More alerts find `more`: 4 at ten.")


def _bundle(shown):
    bundle = shown._repr_mimebundle_()
    bundle["image/png"] = b64encode(shown.png).decode()
    return bundle


def _printed(value):
    return new_output("execute_result", {"text/plain": repr(value)}, execution_count=1)


def notebook():
    numbers = {"recall": [0.81, 0.4], "euros": [1200, 90]}
    table = pd.DataFrame(numbers, ["ours", "rules"])
    html = {"text/html": table._repr_html_(), "text/plain": str(table)}
    outputs = {
        "show(drawing, ...)": new_output("display_data", _bundle(figure("recall"))),
        "table": new_output("execute_result", html, execution_count=1),
        "print(log)": new_output("stream", name="stdout", text="a line " * 30 + "\n"),
        "0.81": _printed(0.81),
        "show(other, ...)": new_output("display_data", _bundle(figure("recall-again"))),
        "commit(...)": _printed(commit("alerts", 5_000, "alerts a day")),
        "reveal(...)": _printed(reveal("alerts", 812)),
    }
    cells = [new_code_cell(code, outputs=[out]) for code, out in outputs.items()]
    cells[1]["metadata"]["tags"] = ["hide-input"]
    first = (
        "# A sample chapter\n\n"
        "See {numref}`fig-recall` for the xylophone and **Open loops**.\n\n## Step"
    )
    book = new_notebook(cells=[new_markdown_cell(first), *cells])
    book.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
        "sevensteps": {"run_seconds": 140.2, "run_mb": 3100},
    }
    return book


def build(folder):
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    nbformat.write(notebook(), folder / "chapter.ipynb")
    return build_pages(folder)


def build_pages(folder):
    for part in ("_ext", "_static", "_templates", "diagrams"):
        shutil.copytree(ROOT / "book" / part, folder / "book" / part)
    shutil.copy(ROOT / "_config.yml", folder)
    run_build(folder)
    return folder / "_build" / "html"


def run_build(folder):
    """Run the one build command; fail with its output."""
    program = "from jupyter_book.cli.main import main; main()"
    shutil.rmtree(folder / "_build" / ".doctrees", ignore_errors=True)
    told = ["build", ".", "-W", "--keep-going", "-n"]
    how = {"cwd": folder, "capture_output": True, "text": True}
    done = subprocess.run([sys.executable, "-c", program, *told], **how)
    if done.returncode:
        raise RuntimeError(f"jupyter-book build failed:\n{done.stdout}\n{done.stderr}")
