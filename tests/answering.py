"""The tables of what people and machines say when they are called."""

from pathlib import Path

DATA = Path(__file__).parent / "data" / "answering"


def table(name: str) -> list[tuple[str, str]]:
    """Return what is to be understood, and the words, of each line."""
    lines = (DATA / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [(wanted, words) for wanted, words in (line.split("\t") for line in lines)]
