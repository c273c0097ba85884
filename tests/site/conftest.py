"""A built site behind a local server, and a real browser in front of it."""

import fcntl
import os
import shutil
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
import sample_book

sys.path.insert(0, str(sample_book.ROOT / "book" / "_ext"))
from browsing import ENTRANCE, serve, visit

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
# No background traffic: a request that the test sees was made by the page.
FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
MISSING = """No Chromium found, and the site cannot be tested without one.
Debian, Ubuntu: sudo apt-get install chromium
macOS:          brew install --cask google-chrome
elsewhere:      put `chromium` or `google-chrome` on the PATH"""


@pytest.fixture(scope="session")
def book():
    """The book, built if `make site` has not built it yet."""
    folder = sample_book.ROOT / "_build" / "html"
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / "site-tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two pytest workers build it once
        if not (folder / ENTRANCE).exists():
            sample_book.run_build(sample_book.ROOT)
    yield from serve(folder)


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    yield from serve(sample_book.build(tmp_path_factory.mktemp("sample")))


@pytest.fixture(scope="session")
def browser():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None and Path(MAC_CHROME).exists():
        path = MAC_CHROME
    if path is None:
        pytest.fail(MISSING, pytrace=False)
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Opens an address in a context of its own, which is closed afterwards."""
    contexts = []

    def opens(address="about:blank", script="", **how):
        contexts.append(browser.new_context(**how))
        contexts[-1].add_init_script(script)
        return visit(contexts[-1], address)

    yield opens
    for context in contexts:
        context.close()
