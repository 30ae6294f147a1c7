"""Whether and when a contact is called again."""

from datetime import timedelta

from assist.campaign.again import Again
from assist.campaign.calendar import Calendar
from assist.campaign.clock import begins, local, on_day
from assist.campaign.declaration import Voicemail
from assist.campaign.group import parse_group
from assist.campaign.model import Outcome, Result
from assist.campaign.week import DAY

AFTERNOON, EVENING = 13 * 60, 18 * 60
"""When they begin, in minutes."""

ENDS = {Result.HUMAN: Outcome.REACHED, Result.INVALID: Outcome.INVALID, Result.UNKNOWN: Outcome.UNKNOWN}
"""What is the end at once; after any other result it is that there are no attempts left."""


def after(
    result: Result, attempt: int, calendar: Calendar, now: float, group: str, *, message_left: bool = True
) -> float | Outcome:
    """Return when to call again after *attempt* (from 1) ended so at *now*, always inside a window; or why not.

    *message_left* tells, of a voicemail on which the campaign leaves a message, whether that came about.
    """
    campaign = calendar.campaign
    if result is Result.VOICEMAIL and campaign.voicemail is Voicemail.MESSAGE and message_left:
        return Outcome.MESSAGE_LEFT
    again = campaign.retry.of(result)
    if again is None:
        return ENDS.get(result, Outcome.EXHAUSTED)
    if attempt >= min(campaign.retry.attempts, again.attempts or campaign.retry.attempts):
        return Outcome.EXHAUSTED
    due = calendar.opens(group, now + _wait(again, attempt))
    if due is None:
        return Outcome.EXPIRED
    return _at_another_time(calendar, group, now, due) if again.another_time else due


def _wait(again: Again, attempt: int) -> float:
    return again.after[min(attempt, len(again.after)) - 1].total_seconds()


def _at_another_time(calendar: Calendar, group: str, now: float, due: float) -> float:
    """Return the first moment from *due* on that is in another part of the day than *now*; if there is none, *due*."""
    zone = parse_group(group).zones[0]
    moment: float | None = due
    # In two weeks every weekday has come, even where one of them is a holiday.
    while moment is not None and moment < due + timedelta(days=14).total_seconds():
        if _part(zone, moment) != _part(zone, now):
            return moment
        moment = calendar.opens(group, _next_part(zone, moment))
    return due


def _part(zone: str, moment: float) -> int:
    clock = local(zone, moment)
    minute = clock.hour * 60 + clock.minute
    return (minute >= AFTERNOON) + (minute >= EVENING)


def _next_part(zone: str, moment: float) -> float:
    day = local(zone, moment).date()
    part = _part(zone, moment)
    if part == 2:
        return begins(zone, day + timedelta(days=1))
    return on_day(zone, day, [((AFTERNOON, EVENING)[part], DAY)])[0][0]
