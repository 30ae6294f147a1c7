"""What the demo's caller says, and what must have come of it: a YAML file."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from assist.errors import ConfigurationError
from assist.simulate.caller import Step

WEEKDAYS = {
    "es": ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
MONTHS = {
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
    "en": "January February March April May June July August September October November December".split(),
}


class Script(BaseModel):
    """One rehearsed call. ``{date}`` in a text is a Tuesday one to two weeks ahead, as people say it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    assistant: str
    number: str
    """The caller dials."""
    language: str
    steps: tuple[Step, ...]
    slots: Mapping[str, str]
    """What must have been understood; ``{date}`` as ISO 8601."""
    read_back: tuple[str, ...]
    """Names of the slots the assistant must have read back."""

    def on(self, now: datetime) -> "Script":
        """Return the script with its dates filled in."""
        day = now.date() + timedelta(days=7 + (1 - now.weekday()) % 7)
        spoken = spoken_date(day, self.language)
        return self.model_copy(
            update={
                "steps": tuple(
                    Step(step.say.replace("{date}", spoken), step.press, step.hang_up, step.over) for step in self.steps
                ),
                "slots": {name: value.replace("{date}", day.isoformat()) for name, value in self.slots.items()},
            }
        )


def spoken_date(day: date, language: str) -> str:
    """Return *day* as it is said: "martes 24 de noviembre", "Tuesday November 24"."""
    weekday, month = WEEKDAYS[language][day.weekday()], MONTHS[language][day.month - 1]
    return f"{weekday} {day.day} de {month}" if language == "es" else f"{weekday} {month} {day.day}"


def read_script(path: Path) -> Script:
    """Raises `ConfigurationError`."""
    try:
        return Script.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
