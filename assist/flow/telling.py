"""Answers about the opening hours: of the week, of the day that is named, of this moment."""

import re

from assist.assistant.hours import Hours
from assist.assistant.script import Translated
from assist.flow import spoken
from assist.flow.scene import Scene, sentence

_NOW = re.compile(r"\b(?:ahora|todav[ií]a|a[uú]n|now|still|currently)\b", re.IGNORECASE)


def tell_hours(scene: Scene, hours: Hours, text: str, week: Translated) -> str:
    """Return the answer to *text*, which asks for the hours; *week* is what is said of the week."""
    phrases, language = scene.phrases, scene.language
    if day := spoken.named_day(text, language, scene.now):
        said = spoken.day(day, scene.now, language)
        if not hours.on(day):
            return sentence(phrases.closed_on.format(date=said))
        return sentence(phrases.open_on.format(date=sentence(said), hours=spoken.openings(hours.on(day), language)))
    if _NOW.search(text):
        if closing := hours.closing(scene.now):
            return phrases.open_now.format(time=spoken.clock(closing, language))
        return with_opening(scene, hours, phrases.not_open_now)
    return scene.pick(week or {language: (phrases.open_week,)}, {"hours": spoken.week(hours, language)})


def with_opening(scene: Scene, hours: Hours, phrase: str) -> str:
    """Return *phrase* with when it opens next."""
    at = hours.next_opening(scene.now)
    if at is None:
        return scene.phrases.over_today
    return phrase.format(opening=spoken.opening(at, scene.now, scene.language))
