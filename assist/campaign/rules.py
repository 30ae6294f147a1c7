"""What must hold between a campaign, its assistant and the policies of the countries it calls."""

import re
from collections.abc import Iterable, Iterator, Mapping

from assist.assistant import Assistant
from assist.assistant.asides import ASIDE
from assist.assistant.document import Document
from assist.assistant.mistakes import Mistake
from assist.assistant.rules import AUTOMATIC, placeholders_in
from assist.campaign.declaration import Campaign, Voicemail
from assist.campaign.numbers import Kind, read
from assist.campaign.policy import Policies, Say, Terms
from assist.campaign.presence import pool
from assist.campaign.wording import needed, translations

KEYS: Mapping[str, Mapping[str, str]] = {
    "es": dict(
        zip(
            "0123456789*#",
            "cero uno dos tres cuatro cinco seis siete ocho nueve asterisco almohadilla".split(),
            strict=True,
        )
    ),
    "en": dict(
        zip("0123456789*#", "zero one two three four five six seven eight nine star pound".split(), strict=True)
    ),
}
"""How the keys of a telephone are called."""

PRESS: Mapping[str, str] = {
    "es": "pulse|pulsa|marque|marca|oprima|presione|presiona|apriete|teclee",
    "en": "press|pressing|dial|push|key",
}
"""What goes before the key."""


def broken(campaign: Campaign, document: Document, assistant: Assistant, policies: Policies) -> list[Mistake]:
    """Return where *campaign*, right in each part, is wrong as a whole."""
    rules = Rules(campaign, document, assistant, policies)
    words = (rules.languages, rules.placeholders, rules.greetings, rules.voicemail)
    calls = (rules.home, rules.dates, rules.hours, rules.pace, rules.caller_ids, rules.trial)
    return [mistake for rule in (*words, *calls) for mistake in rule()]


class Rules:
    """The rules, over one campaign; each yields the mistakes of a sort."""

    def __init__(self, campaign: Campaign, document: Document, assistant: Assistant, policies: Policies) -> None:
        self._campaign = campaign
        self._mistake = document.mistake
        self._assistant = assistant
        self._policies = policies

    def languages(self) -> Iterator[Mistake]:
        """What is said is written in every language of the assistant, and in no other."""
        languages = self._assistant.languages
        for path, translated in translations(self._campaign):
            for language in languages if translated else ():
                if language not in translated:
                    mend = f"add {language}: … beside {', '.join(translated)}"
                    yield self._mistake(path, f"there is no text in {language}", mend)
            for language in translated:
                if language not in languages:
                    mend = f"remove it; {self._assistant.name} speaks {', '.join(languages)}"
                    yield self._mistake((*path, language), "the assistant does not speak this", mend)

    def placeholders(self) -> Iterator[Mistake]:
        """Braces are closed and hold the name of a column."""
        texts = [
            ((*path, language), text)
            for path, translated in translations(self._campaign)
            for language, variants in translated.items()
            for text in variants
        ]
        for path, text in [*texts, (("words", "prompt"), self._campaign.words.prompt)]:
            names = placeholders_in(text)
            if names is None or not all(name.isidentifier() for name in names):
                yield self._mistake(path, "a brace is open, stray or empty", "write {name}, with the name of a column")

    def greetings(self) -> Iterator[Mistake]:
        """The first words tell what the policy of each country wants told."""
        wanted = {say for _, terms in self._terms() for say in terms.greeting}
        for language, variants in self._campaign.words.greeting.items():
            for text in variants:
                for say in sorted(wanted):
                    if language in AUTOMATIC and not self._says(say, language, text.casefold()):
                        yield self._mistake(("words", "greeting", language), *self._unsaid(say, language))

    def _says(self, say: Say, language: str, greeting: str) -> bool:
        # What is said only to some is not told to everybody.
        greeting = ASIDE.sub("", greeting)
        if say is Say.AUTOMATIC:
            return any(word in greeting for word in AUTOMATIC[language])
        if say is Say.CALLER:
            return self._campaign.caller.casefold() in greeting
        key = self._campaign.opt_out.key
        offer = rf"\b({PRESS[language]})\b[^.?!]*(?<!\w)({re.escape(key)}|{KEYS[language][key]})(?!\w)"
        return re.search(offer, greeting) is not None

    def _unsaid(self, say: Say, language: str) -> tuple[str, str]:
        if say is Say.AUTOMATIC:
            word = "automático" if language == "es" else "automatic"
            return "it does not tell that this is an automatic assistant", f"say so, as with the word {word}"
        if say is Say.CALLER:
            return "it does not tell who calls", f"say {self._campaign.caller}, as caller: has it"
        key = KEYS[language][self._campaign.opt_out.key]
        words = (
            f"si no quiere más llamadas, pulse {key}" if language == "es" else f"if you wish no more calls, press {key}"
        )
        return "it does not tell how not to be called again", f"add: {words}"

    def voicemail(self) -> Iterator[Mistake]:
        """A message is there if one is to be left."""
        words, leaves = self._campaign.words, self._campaign.voicemail is Voicemail.MESSAGE
        if leaves and not words.message:
            yield self._mistake(("voicemail",), "there is no message to leave", "add words.message, or write hang_up")
        if words.message and not leaves:
            yield self._mistake(("words", "message"), "it is never left", "add voicemail: message, or remove it")

    def dates(self) -> Iterator[Mistake]:
        """The campaign does not end before it starts."""
        when = self._campaign.when
        if when.starts and when.ends and when.ends < when.starts:
            yield self._mistake(("when", "ends"), "it ends before it starts", f"write {when.starts} or later")

    def home(self) -> Iterator[Mistake]:
        """Home is in a country that is called."""
        contacts = self._campaign.contacts
        if contacts.home and contacts.home.country not in contacts.countries:
            mend = f"write a place in {', '.join(contacts.countries)}, or add the country to others"
            yield self._mistake(("contacts", "home"), "nobody there is called", mend)

    def hours(self) -> Iterator[Mistake]:
        """Hours are not wider than any policy."""
        own = self._campaign.when.hours
        for country, terms in self._terms() if own else ():
            for day in own.beyond(terms.hours) if own else ():
                mend = f"stay within {terms.hours.written(day) or 'no hours at all: remove the day'}"
                what = f"the policy of {country} forbids some of it for {self._campaign.purpose}"
                yield self._mistake(("when", "hours", day), what, mend)

    def pace(self) -> Iterator[Mistake]:
        """The campaign takes no more than its trunk has."""
        campaign, gateway = self._campaign, self._campaign.gateway
        if campaign.trunk.cps and campaign.trunk.cps > gateway.cps:
            mend = f"write {gateway.cps:g} or less, or leave it out"
            yield self._mistake(("trunk", "cps"), "the trunk lets fewer calls begin in a second", mend)
        if campaign.pace.calls > gateway.room:
            what = f"the trunk has room for {gateway.room} calls of campaigns"
            yield self._mistake(("pace", "calls"), what, f"write {gateway.room} or less")

    def caller_ids(self) -> Iterator[Mistake]:
        """What a call shows is the trunk's, and of a kind that the policies allow."""
        path, known = ("trunk", "caller_ids"), {one.number for one in self._campaign.gateway.caller_ids}
        for place, number in enumerate(self._campaign.trunk.caller_ids):
            if number not in known:
                mend = "write one of those that the trunks' file has for this trunk, or add it there"
                yield self._mistake((*path, place), "the trunk does not have this number", mend)
                continue
            for country in self._campaign.contacts.countries:
                kind = read(number, country).kind
                if kind not in (allowed := self._policies.of(country).caller_ids):
                    yield self._mistake(
                        (*path, place), f"a {_plain(kind)} number may not be shown in {country}", _any(allowed)
                    )
        if not self._campaign.trunk.caller_ids and not any(pool(self._campaign, self._policies)):
            countries = [self._policies.of(country).caller_ids for country in self._campaign.contacts.countries]
            common = [kind for kind in countries[0] if all(kind in kinds for kinds in countries)]
            what = "the trunk has no number that a call may show"
            yield self._mistake(("trunk", "gateway"), what, f"in the trunks' file, {_any(common)}")

    def trial(self) -> Iterator[Mistake]:
        """The owner hears the words as others will."""
        test = self._campaign.test
        for column in sorted(needed(self._campaign) - test.columns.keys()) if test else ():
            mend = f"add {column}: … under columns"
            yield self._mistake(("test", "columns"), f"there is no {column}, which is said to everybody", mend)
        if test and test.language and test.language not in self._assistant.languages:
            mend = f"write one of {', '.join(self._assistant.languages)}"
            yield self._mistake(("test", "language"), "the assistant does not speak this", mend)

    def _terms(self) -> Iterator[tuple[str, Terms]]:
        for country in self._campaign.contacts.countries:
            yield country, self._policies.of(country).purposes[self._campaign.purpose]


def _plain(kind: Kind) -> str:
    return kind.replace("_", " ")


def _any(kinds: Iterable[Kind]) -> str:
    return f"write one of these: {', '.join(map(_plain, kinds))}"
