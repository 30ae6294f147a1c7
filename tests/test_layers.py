"""Imports point one way: a module may import from its own layer's folder and from the layers below, nothing else."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent

LAYERS = [
    {"__main__", "cli"},
    {"bench", "demo", "doctor", "prompts"},
    {"app"},
    {"worker"},
    {"api"},
    {"webhooks", "placing", "privacy"},
    {"campaign"},
    {"monitor"},
    {"engines", "journal", "postbox", "tracing", "whose"},
    {"simulate"},
    {"switch", "call", "flow"},
    {"stt", "tts", "llm"},
    {"provider"},
    {"assistant"},
    {"audio", "store", "embedded_redis", "supervisor", "web"},
    {"settings", "roster"},
    {"variables"},
    {"aio", "log", "heartbeat", "metrics"},
    {"errors", "redaction"},
]
"""From the top. Rooms of one layer do not know each other, but for `SIDEWAYS`."""

SIDEWAYS = {("__main__", "cli"), ("switch", "call.channel"), ("call", "flow.slots.text"), ("call", "flow.callback")}
"""`switch` fulfils the contract that `call` declares; whatever the brain, `call` understands a few wishes."""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names) if module.count(".") == 0 else (module,)


def level(room: str) -> int:
    return next(number for number, rooms in enumerate(LAYERS) if room in rooms)


def test_imports_point_one_way() -> None:
    wrong = []
    for path in sorted((ROOT / "assist").rglob("*.py")):
        parts = path.relative_to(ROOT / "assist").with_suffix("").parts
        room = parts[0]
        if room == "__init__":
            continue
        for name in imports(path):
            if not name.startswith("assist."):
                continue
            other = name.removeprefix("assist.")
            other_room = other.split(".")[0]
            if other_room == room or (room, other) in SIDEWAYS or (room, other_room) in SIDEWAYS:
                continue
            if level(other_room) <= level(room):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_only_the_composition_root_reads_the_environment() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "assist").rglob("*.py"))
        if "os.environ" in path.read_text(encoding="utf-8") and path.name != "settings.py"
    ]
    assert readers == []
