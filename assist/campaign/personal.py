"""A campaign's call as one contact hears it: what the list says of him is put into the words."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from assist.assistant import Assistant
from assist.assistant.asides import worded
from assist.assistant.script import Translated
from assist.call.errand import Errand
from assist.call.optout import OptOut
from assist.campaign.declaration import Campaign
from assist.campaign.group import parse_group
from assist.campaign.model import Claim, Contact
from assist.campaign.policy import Policies

LONGEST: Final = 200
"""Characters of one column that are said; nobody's name is longer, and no instructions are that short."""

_UNSAID: Final = re.compile(r"[\x00-\x1f\x7f{}\[\]<>`|]+")


def assistant_for(assistant: Assistant, campaign: Campaign, contact: Contact) -> Assistant:
    """Return *assistant* as it talks to *contact*: in his language, and knowing what the campaign wants."""
    first = contact.language if contact.language in assistant.languages else assistant.language
    prompt = worded(campaign.words.prompt, values(contact))
    timing = replace(
        assistant.timing,
        max_call_s=max(30, min(assistant.timing.max_call_s, round(campaign.ceilings.call_minutes * 60))),
    )
    return replace(
        assistant,
        languages=(first, *(language for language in assistant.languages if language != first)),
        prompt="\n\n".join(filter(None, (assistant.prompt, prompt))),
        find_out={**assistant.find_out, **campaign.find_out},
        timing=timing,
    )


def errand_for(
    assistant: Assistant, campaign: Campaign, claim: Claim, policies: Policies, opted_out: Callable[[], Awaitable[None]]
) -> Errand:
    """Return what is said to who was claimed, by *assistant*, as `assistant_for` made it."""
    language, words = assistant.language, campaign.words
    said = values(claim.contact)

    def text(translated: Translated) -> str:
        variants = translated.get(language, ())
        return worded(variants[(claim.attempt - 1) % len(variants)], said) if variants else ""

    policy = policies.of(parse_group(claim.contact.group).country)
    wishes = [
        wish for opt_out in (campaign.opt_out.words, policy.opt_out) for wishes in opt_out.values() for wish in wishes
    ]
    return Errand(
        greeting=text(words.greeting),
        language=language,
        message=text(words.message),
        introduction=text(words.screening),
        opt_out=OptOut(campaign.opt_out.key, tuple(dict.fromkeys(wishes))),
        opted_out=opted_out,
    )


def values(contact: Contact) -> Mapping[str, str]:
    """Return what is said of *contact*, by column: plain text, in which nothing has a meaning of its own."""
    clean = {name: _UNSAID.sub(" ", value)[:LONGEST].strip() for name, value in contact.variables.items()}
    return {name: value for name, value in clean.items() if value}
