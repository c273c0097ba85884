"""Collections in the marks of old: TREC's SGML and the SMART system's dotted lines."""

from __future__ import annotations

import html
import re

import pandas as pd

DOCUMENT = re.compile(r"<doc>(.*?)</doc>", re.S | re.I)
TOPIC = re.compile(r"<top(?:ic)?\b([^>]*)>(.*?)</top(?:ic)?>", re.S | re.I)
TAG = re.compile(r"<[^>]+>")
SMART = re.compile(r"^\.I +(\S+)", re.M)
FIELD = re.compile(r"^\.([A-Z])[^\S\n]*$", re.M)


def marked(text: str) -> pd.DataFrame | None:
    """Documents or topics with their ids; None if the marks are others.

    >>> marked(".I 1\\n.T\\nA wing\\n.W\\nIt flies.").to_dict("records")
    [{'id': '1', 'title': 'A wing', 'text': 'It flies.'}]
    """
    if SMART.match(text.lstrip()):
        return _smart(text.lstrip())
    if documents := DOCUMENT.findall(text):
        return pd.DataFrame(map(_document, documents))
    if topics := TOPIC.findall(text):
        return pd.DataFrame([_topic(*topic) for topic in topics])
    return None


def _smart(text: str) -> pd.DataFrame:
    parts = SMART.split(text)[1:]
    rows = []
    for name, rest in zip(parts[::2], parts[1::2], strict=True):
        pieces = FIELD.split(rest)
        held = {k: _line(v) for k, v in zip(pieces[1::2], pieces[2::2], strict=True)}
        body = " ".join(filter(None, (held.get("W", ""), held.get("K", ""))))
        rows.append((name, held.get("T", ""), body))
    return pd.DataFrame(rows, columns=["id", "title", "text"])


def _document(text: str) -> dict[str, str]:
    name = re.search(r"<docno>(.*?)</docno>", text, re.S | re.I)
    title = re.search(r"<(title|headline)>(.*?)</\1>", text, re.S | re.I)
    rest = text if name is None else text.replace(name.group(0), " ")
    if title is not None:
        rest = rest.replace(title.group(0), " ")
    return {
        "document_id": _line(name.group(1)) if name else "",
        "title": _line(title.group(2)) if title else "",
        "text": _line(rest),
    }


def _topic(attributes: str, text: str) -> dict[str, str]:
    """Its number, and its title (or its query)."""
    number = re.search(r"number\s*=\s*[\"']?([\w.-]+)", attributes)
    if number is None:
        number = re.search(r"<num>\s*(?:number:)?\s*([\w.-]+)", text, re.I)
    asked = re.search(r"<(?:title|query)>(?:\s*topic:)?([^<]*)", text, re.I)
    return {
        "query_id": number.group(1) if number else "",
        "query": _line(asked.group(1)) if asked else "",
    }


def _line(text: str) -> str:
    """Without tags, on one line."""
    return " ".join(html.unescape(TAG.sub(" ", text)).split())
