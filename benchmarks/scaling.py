"""What the benchmarks of scale share: parts in processes of their own, and rounds.

A benchmark gives `main` its parts: functions of the arguments, each of which returns
numbers by name. Of each scale every part is measured in a fresh process on one thread.
The last part is the service: it is measured in several rounds, the scales in turn, and
returns `{"row": ..., "rates": [at_rate(...), ...]}`; see `best`.
"""

import argparse
import itertools
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
START = "service start s"
Row = dict[str, float]
Part = Callable[[argparse.Namespace], Any]


def peak_mb() -> float:
    """The most memory that this process ever held."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / 1e6 if sys.platform == "darwin" else held * 1_024 / 1e6


def memory(pid: int) -> Row:
    """Megabytes of a process: all, its own, and those of files it has mapped."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():  # there is no such file on macOS
        return {}
    lines = [line.split() for line in status.read_text().splitlines()]
    kb = {words[0]: float(words[1]) for words in lines if words[-1:] == ["kB"]}
    parts = {"": "VmRSS:", "own ": "RssAnon:", "mapped ": "RssFile:"}
    return {f"service {part}MB": kb[k] * 1_024 / 1e6 for part, k in parts.items()}


def cpu_ms(pid: int) -> float:
    """CPU-milliseconds that a process has used; not a number on macOS."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return math.nan
    user, system = stat.read_text().rsplit(")")[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK") * 1e3


def on_disk(folder: Path, held: Mapping[str, Iterable[str]], rest: str) -> Row:
    """Megabytes of a folder, by part.

    Parameters
    ----------
    held : the beginnings of the names of a part's files
    rest : what the others are
    """
    files = [file for file in folder.rglob("*") if file.is_file()]
    left = {f.relative_to(folder).as_posix(): f.stat().st_size / 1e6 for f in files}
    total, told = sum(left.values()), {}
    for part, names in held.items():
        own = [name for name in left if name.startswith(tuple(names))]
        told[f"disk MB: {part}"] = sum(left.pop(name) for name in own)
    return told | {f"disk MB: {rest}": sum(left.values()), "disk MB": total}


def at_rate(
    report: Any, spent_ms: float, slo_ms: float, *, what: str, how: str = ""
) -> dict[str, Any]:
    """What one rate saw, and how long each stage took.

    Parameters
    ----------
    report : a `LoadReport`
    spent_ms : CPU-milliseconds of the service meanwhile
    what : is asked for, in one word: page, search
    how : added to the names, if the service ran in several ways
    """
    from sevensteps.serve import within

    at, n = f"at {report.rate:g}/s{how}", len(report.latency_ms)
    row = {f"{p} ms {at}": getattr(report, p).estimate for p in ("p50", "p95", "p99")}
    row[f"fallbacks {at}"] = report.by_fallback / n
    row[f"errors {at}"] = sum(report.errors.values()) / n
    ledger = {
        f"{column}: {stage}": report.ledger.loc[stage, column]
        for column in ("mean ms", "p99 ms")
        for stage in report.ledger.index.drop("fallback", errors="ignore")
    }
    ledger[f"CPU ms a {what}"] = spent_ms / n
    told = {"rate": report.rate, "p99": report.p99.estimate, "row": row}
    told |= {"ledger": ledger, "held": bool(within(report, slo_ms))}
    return told | {"counts as": f"{what}{plural(what)} a second held{how}"}


def plural(word: str) -> str:
    """What makes a word many."""
    return "es" if word.endswith("ch") else "s"


def best(rounds: list[dict[str, Any]]) -> Row:
    """Of each rate the best round: one that held it, then by p99; the last's memory.

    Stages are told of the first rate alone: there, nothing waits for a core.
    """
    told: Row = dict(rounds[-1]["row"])
    told[START] = min(each["row"][START] for each in rounds)
    for at, tries in enumerate(zip(*(each["rates"] for each in rounds), strict=True)):
        chosen = min(tries, key=lambda one: (not one["held"], one["p99"]))
        told |= chosen["row"] | (chosen["ledger"] if at == 0 else {})
        held = chosen["rate"] if chosen["held"] else 0
        told[chosen["counts as"]] = max(told.get(chosen["counts as"], 0), held)
    return told


def measure(file: str, args: argparse.Namespace, scale: str, part: str, n: int) -> Any:
    """What a part finds in a process of its own, on one thread; found once."""
    kept = args.folder / f"{scale}-{part}-{n}.json"
    if not kept.exists():
        print(f"{scale}: {part}", file=sys.stderr, flush=True)
        command = [sys.executable, file, "--part", part, "--scales", scale]
        command += ["--folder", str(args.folder / scale)]
        command += ["--seconds", str(args.seconds)]
        env = os.environ | ONE_THREAD
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit(f"{part} failed; it says why above")
        kept.write_text(done.stdout.splitlines()[-1])
    return json.loads(kept.read_text())


def compare(
    file: str, args: argparse.Namespace, parts: Mapping[str, Part]
) -> dict[str, Row]:
    """One row of numbers for each scale."""
    *once, service = parts
    rows: dict[str, Row] = {scale: {} for scale in args.scales}
    served: dict[str, list[Any]] = {scale: [] for scale in args.scales}
    for scale, part in itertools.product(args.scales, once):
        rows[scale] |= measure(file, args, scale, part, 0)
    for number, scale in itertools.product(range(args.rounds), args.scales):
        served[scale].append(measure(file, args, scale, service, number))
    rows = {scale: row | best(served[scale]) for scale, row in rows.items()}
    return {scale: shortened(row) for scale, row in rows.items()}


def shortened(row: Row) -> Row:
    """Five digits of what was measured; counts as they are; nothing untold."""
    told = {name: value for name, value in row.items() if not math.isnan(value)}
    return {k: v if isinstance(v, int) else float(f"{v:.5g}") for k, v in told.items()}


def about(
    file: str, args: argparse.Namespace, seed: int, libraries: Mapping[str, str]
) -> dict[str, Any]:
    """How the numbers came about."""
    asked = f"--scales {' '.join(args.scales)} --rounds {args.rounds}"
    command = f"python benchmarks/{Path(file).name} {asked} --write {args.write}"
    told: dict[str, Any] = {"command": command, "seed": seed}
    told |= {"python": platform.python_version()}
    told |= {name: version(library) for name, library in libraries.items()}
    return told | {"processor": platform.machine(), "cores": os.cpu_count()}


def show(rows: dict[str, Row]) -> None:
    """Print a line for each number, with the ratio of the last scale to the first."""
    every = list(rows.values())
    wide = max(22, *(len(name) + 1 for name in every[0]))
    print(f"{'':{wide}}" + "".join(f"{scale:>12}" for scale in rows) + f"{'ratio':>8}")
    for name, value in every[0].items():
        line = "".join(f"{row.get(name, math.nan):>12,.5g}" for row in every)
        ratio = every[-1].get(name, math.nan) / value if value else math.nan
        print(f"{name:{wide}}{line}{ratio:>8.2f}")


def arguments(doc: str, parts: Mapping[str, Part]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=doc.split("\n")[0])
    known = ["smoke", "book", "full"]
    parser.add_argument("--scales", nargs="+", choices=known, default=known[1:])
    parser.add_argument("--rounds", type=int, default=3, help="of the service")
    parser.add_argument("--seconds", type=float, default=20.0, help="of a rate")
    parser.add_argument("--write", type=Path, help="a JSON file for what was measured")
    parser.add_argument("--folder", type=Path, help="where the parts are kept")
    parser.add_argument("--part", choices=[*parts], help="measure only this one")
    return parser.parse_args()


def main(
    file: str,
    doc: str,
    parts: Mapping[str, Part],
    seed: int,
    libraries: Mapping[str, str],
) -> None:
    """Read the arguments; compare, or measure one part.

    Parameters
    ----------
    file, doc : of the benchmark
    parts : by name, in order; the last is the service
    libraries : names in the record to those of the packages
    """
    args = arguments(doc, parts)
    if args.part:
        print(json.dumps(parts[args.part](args), default=float))
        return
    with tempfile.TemporaryDirectory() as passing:
        args.folder = args.folder or Path(passing)
        args.folder.mkdir(parents=True, exist_ok=True)
        rows = compare(file, args, parts)
    show(rows)
    if args.write:
        args.write.parent.mkdir(parents=True, exist_ok=True)
        told = {"about": about(file, args, seed, libraries), "rows": rows}
        args.write.write_text(f"{json.dumps(told, indent=1)}\n")
