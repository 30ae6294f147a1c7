"""Parts of a text that depend on a slot: ``[phone:, with the number {phone}]``, ``[no phone:, without a number]``."""

import re
from collections.abc import Mapping

ASIDE = re.compile(r"\[(?P<no>no )?(?P<slot>\w+):(?P<text>[^\[\]]*)\]")


def worded(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with *values* in place of their names, and without the asides of slots that have none."""

    def aside(match: re.Match[str]) -> str:
        return match["text"] if (match["slot"] in values) != bool(match["no"]) else ""

    return ASIDE.sub(aside, text).format_map(values)
