"""The command `sevensteps`. Each command's work is imported only when it runs."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from sevensteps.case import Case, ServiceFace
from sevensteps.cases import registered

CASES = registered()
SERVICES: dict[str, ServiceFace] = {
    name: case.service for name, case in CASES.items() if case.service
}
#: The chapter that a command takes when none is named.
FIRST = next(iter(CASES))

READ = "Read and run"
OPERATE = "Operate a service"
WRITE = "Write a chapter"

app = typer.Typer(
    name="sevensteps",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Seven Steps: a book of machine-learning system design that runs.

New here? Begin with `sevensteps doctor`. It looks at this machine, runs a
small world, and says what is missing.""",
    epilog="A chapter goes by its name or number: `fraud` or `10`.",
)

ChapterName = Annotated[
    str | None,
    typer.Argument(metavar="[CHAPTER]", help="name or number; all if left out"),
]

ServiceName = Annotated[
    str,
    typer.Argument(
        metavar="SERVICE",
        help="the service of a chapter: " + " or ".join(f"`{s}`" for s in SERVICES),
    ),
]


def _defaults(attribute: str) -> str:
    """An option's defaults where they depend on the service, for its help."""
    values = {name: getattr(face, attribute) for name, face in SERVICES.items()}
    told = ", ".join(f"{value:g} for {name}" for name, value in values.items())
    return f"[default: {told}]"


PORTS, DEADLINES = _defaults("port"), _defaults("deadline_ms")
TABLES = "; ".join(f"{case.slug}: {case.tables}" for case in CASES.values())


@app.callback()
def _settle() -> None:
    from sevensteps.teach.environment import settle

    settle()


@app.command(rich_help_panel=READ)
def doctor() -> None:
    """Look at this machine: versions, cores, memory, a short smoke run.

    Says what is missing, what for, and how to get it. Exit status 1 if a chapter
    would not run here.
    """
    with _loading():
        from sevensteps.commands.doctor import diagnose

    raise typer.Exit(diagnose())


@app.command(
    rich_help_panel=READ,
    epilog="Examples: `sevensteps run fraud`, `sevensteps run fraud --data tables/`, "
    "`sevensteps run search --letor MQ2008/Fold1`",
)
def run(
    chapter: ChapterName = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=f"run the offline steps on your own tables instead ({TABLES})",
        ),
    ] = None,
    letor: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="run the ranking step on learning-to-rank features: train.txt and "
            "test.txt of LETOR, or LightGBM's rank.train and rank.test",
        ),
    ] = None,
    from_twin: Annotated[
        bool,
        typer.Option("--from-twin", help="take the cells from the .py that you edited"),
    ] = False,
) -> None:
    """Execute a chapter and store its outputs, ready to be reviewed.

    The notebook and its .py twin are written only if every cell ran. With --data
    or --letor no notebook is touched: a report is printed, and parts that need the
    truth of a simulated world are skipped, and say so.
    """
    if data and letor:
        raise typer.BadParameter("give --data or --letor, not both")
    folder = data or letor
    if folder and not folder.is_dir():
        holds = f"tables, {TABLES}" if data else "train.txt and test.txt"
        raise typer.BadParameter(f"no folder {folder}: give one with {holds}")
    with _loading():
        from sevensteps.commands.run import run_all, run_on_own_data

    if folder:
        raise typer.Exit(run_on_own_data(chapter, "data" if data else "letor", folder))
    raise typer.Exit(run_all(chapter, from_twin=from_twin))


@app.command(
    rich_help_panel=READ,
    epilog="Examples: `sevensteps check`, `sevensteps check fraud --lint-only`",
)
def check(
    chapter: ChapterName = None,
    lint_only: Annotated[
        bool, typer.Option("--lint-only", help="only read the files, run nothing")
    ] = False,
) -> None:
    """Are the chapter's form, claims and stored outputs still right?

    Lints the notebook, then runs it whole, which takes minutes, and compares every
    output with the stored one; --lint-only takes seconds. Nothing is written. Exit
    status 1 if anything differs or a claim fails.
    """
    with _loading():
        from sevensteps.commands.run import check_all

    raise typer.Exit(check_all(chapter, lint_only=lint_only))


@app.command(
    rich_help_panel=OPERATE,
    epilog="Example: `sevensteps serve video`",
)
def serve(
    service: ServiceName = FIRST,
    port: Annotated[
        int | None, typer.Option(help=f"0 takes a free one {PORTS}")
    ] = None,
    deadline_ms: Annotated[
        float | None,
        typer.Option(help=f"every request is answered within this {DEADLINES}"),
    ] = None,
) -> None:
    """Start a chapter's service on this machine.

    The first time it makes a small world and trains its models in it, which takes up
    to a minute. Prints its address and its key; Ctrl-C stops it. When a stage is late,
    a fallback answers instead: rules for a payment, a simpler list for a page.
    """
    chosen = _known(service)
    with _loading():
        from sevensteps.commands.service import start

    raise typer.Exit(start(chosen, port, deadline_ms))


@app.command(
    rich_help_panel=OPERATE,
    epilog="Example: `sevensteps load fraud --rate 200 --seconds 10`",
)
def load(
    service: ServiceName = FIRST,
    url: Annotated[
        str | None,
        typer.Option(help="of the running service [default: its port on this machine]"),
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0.1, max=10_000, help="requests per second")
    ] = 100.0,
    seconds: Annotated[float, typer.Option(min=0.1, max=3_600, help="how long")] = 10.0,
) -> None:
    """Load a running service, and see its latencies.

    Requests arrive at random moments whether or not earlier ones are answered (an open
    loop), so a queue is seen. Exit status 1 if a request failed.
    """
    chosen = _known(service)
    with _loading():
        from sevensteps.commands.service import send_load

    raise typer.Exit(send_load(chosen, url, rate, seconds))


@app.command(rich_help_panel=WRITE, epilog="Example: `sevensteps new feed`")
def new(
    slug: Annotated[str, typer.Argument(help="one short word, such as `feed`")],
    title: Annotated[
        str | None, typer.Option(help="of the chapter [default: the word]")
    ] = None,
) -> None:
    """Begin a case: a toy world, its service, its notebook, its tests.

    Writes them into this clone, all or nothing. They run and pass the contract tests
    at once; replace them piece by piece.
    """
    with _loading():
        from sevensteps.commands.run import write_new

    raise typer.Exit(write_new(slug, title))


def _known(service: str) -> Case:
    """The service of that name; refuses one that no chapter has built."""
    if "://" in service:
        raise typer.BadParameter(f"an address goes behind --url: --url {service}")
    if service not in SERVICES:
        known = ", ".join(SERVICES)
        raise typer.BadParameter(f"no service {service!r}. Known services: {known}")
    return CASES[service]


def _loading() -> AbstractContextManager[object]:
    """What is seen while a command's libraries are imported."""
    from sevensteps.commands.console import progress

    return progress("Loading")
