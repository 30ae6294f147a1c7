"""The conversation on the terminal while it happens."""

from datetime import UTC, datetime

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from assist.call.events import Answered, CallBack, Ended, Event, Heard, OptedOut, Said, Started, Transferred, Turn
from assist.provider.member import TookOver

STAGES = [
    ("end of turn", "end_of_turn_ms", "grey50"),
    ("speech to text", "stt_ms", "cyan"),
    ("brain", "llm_ms", "magenta"),
    ("voice", "tts_ms", "yellow"),
]


def show(console: Console, event: Event) -> None:
    """Print *event* as a person follows a call."""
    match event:
        case Started(assistant=assistant, resumed=resumed):
            console.print(f"[bold]{assistant}[/] {'goes on with' if resumed else 'takes'} the call\n")
        case Heard(text, keyed):
            _line(console, "caller", "green", f"⌨ {text}" if keyed else text)
        case Said(text, interrupted):
            _line(console, "assistant", "blue", f"{text} ✂" if interrupted else text)
        case Turn():
            console.print(latency(event))
        case Transferred(destination, outcome):
            console.print(Text(f"{'':11}transfer to {destination}: {outcome}", style="dim"))
        case Answered(who):
            console.print(Text(f"{'':11}answered by: {who}", style="dim"))
        case OptedOut():
            console.print(Text(f"{'':11}is not to be called again", style="yellow"))
        case CallBack(at):
            console.print(Text(f"{'':11}wants to be called {_time(at)}", style="dim"))
        case TookOver(kind, failed, reason, by):
            told = f"{failed} failed ({reason}); {f'{by} took over' if by else 'nobody was left'}"
            console.print(Text(f"{'':11}{kind}: {told}", style="yellow"))
        case Ended(cause):
            console.print(f"\n[bold]The call is over[/] ({cause}).")


def _time(at: float | None) -> str:
    return "later" if at is None else f"at {datetime.fromtimestamp(at, UTC).astimezone():%Y-%m-%d %H:%M}"


def _line(console: Console, who: str, style: str, text: str) -> None:
    row = Table.grid(Column(width=9, justify="right", style=f"bold {style}"), Column(), padding=(0, 2, 0, 0))
    row.add_row(who, Text(text))
    console.print(row)


def latency(turn: Turn) -> Text:
    """Return a turn's wait split by stage, as one line."""
    line = Text(" " * 11)
    parts = [(getattr(turn, field), name, style) for name, field, style in STAGES]
    for number, (milliseconds, name, style) in enumerate(part for part in parts if part[0] is not None):
        line.append(f"{' + ' if number else ''}{milliseconds} {name}", style=style)
    if turn.first_audio_ms is not None:
        line.append(f" = {turn.first_audio_ms} ms", style="bold")
    return line
