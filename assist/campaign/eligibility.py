"""Asks, right before a call, whether it is to be made. Whatever is no clear yes is a no."""

import json
from datetime import UTC, datetime
from typing import Final

from assist.campaign.declaration import Eligibility
from assist.campaign.model import Claim
from assist.errors import ConfigurationError, WebError
from assist.settings import secret
from assist.tracing.context import UNTRACED, TraceContext
from assist.web.client import Answer, Web
from assist.web.signature import signed

LONGEST: Final = 200
"""Characters of a reason that are kept."""
MOST: Final = 4096
"""Bytes of an answer: it says yes or no."""


class Gate:
    """Whoever is asked."""

    def __init__(self, web: Web, context: TraceContext = UNTRACED) -> None:
        self._web = web
        self._context = context

    async def refusal(self, eligibility: Eligibility, claim: Claim) -> str:
        """Return why *claim* is not to be called now; empty: it is."""
        body = question(claim)
        try:
            signature = signed(
                # Each claim is a question of its own, even where the attempt is the same.
                f"{claim.id}-{claim.fence}",
                datetime.now(UTC),
                body,
                [secret(eligibility.secret).get_secret_value()],
            )
            headers = {**signature, **self._context.headers(claim.id)}
            answer = await self._web.post(
                eligibility.url, body.encode(), headers, within=eligibility.timeout_s, most=MOST
            )
        except (ConfigurationError, WebError) as error:
            return f"nobody could be asked: {error}"
        return verdict(answer)


def question(claim: Claim) -> str:
    """Return what is asked."""
    about = {
        "campaign": claim.campaign,
        "contact": claim.contact.id,
        "number": claim.contact.number,
        "attempt": claim.id,
    }
    return json.dumps(about, ensure_ascii=False)


def verdict(answer: Answer) -> str:
    """Return why not, in the words of who was asked or in ours; empty: it is a clear yes."""
    if answer.status != 200:
        return f"the answer was HTTP {answer.status}"
    try:
        said = json.loads(answer.body) if answer.whole else None
    except ValueError:
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("eligible"), bool):
        return 'the answer was not {"eligible": true} or {"eligible": false}'
    reason = said.get("reason")
    return "" if said["eligible"] else _tidy(reason) if isinstance(reason, str) else "no reason was told"


def _tidy(reason: str) -> str:
    # It is shown on terminals.
    text = " ".join("".join(one if one.isprintable() else " " for one in reason).split())
    return text[:LONGEST] or "no reason was told"
