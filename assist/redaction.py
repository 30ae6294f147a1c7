"""Takes out of a text what must not be read in a log: telephone numbers, identity numbers, and keys.

None of it is logged on purpose; libraries and the texts of errors are not asked. What looks like a number is blotted
out, also where it is none; identifiers, times and addresses stay.
"""

import re
from typing import Final

BLOT: Final = "‹number›"
SECRET: Final = "‹secret›"

SHORTEST: Final = 6
"""Characters of a secret that is looked for by its letters: shorter ones are also parts of words."""

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_NUMBERS = re.compile(
    rf"""
    (?P<kept>
        \b[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}\b             # UUID
      | (?<![\d.\-+])(?:19|20)\d\d-(?:0\d|1[0-2])-[0-3]\d(?!-?\d)           # date, time
        (?:[T ][0-2]\d:[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?)?
      | (?<![\d.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\d.]*\d)                   # IPv4 address
      | \bpid[ =]?\d{{1,7}}\b
    )
  | \+?\(?\d(?:[ ().\-/\u00a0\u2010-\u2015]{{0,2}}\d){{5,}}
    """,
    re.VERBOSE | re.IGNORECASE,
)

_KEYS = re.compile(
    r"""
    (?<=://) [^/\s@]*:[^/\s@]+ (?=@)                                        # of an address
  | (?<=bearer\ ) \S+ | (?<=basic\ ) (?=\S*\d)\S+ | (?<=token\ ) (?=\S*\d)\S{8,}
  | (?<![a-z0-9]) (?:sk|pk|rk|whsec|xox[abp]|gh[opsu]|glpat) [-_][\w\-+/=]{8,}
  | (?<![a-z0-9]) ak_[0-9a-f]+_[\w\-]{8,}                                   # of our own API
  | \b (?:AKIA|ASIA)[0-9A-Z]{16} \b | \bAIza[\w\-]{30,} | \bya29\.[\w\-]+
  | \b eyJ[\w\-]+\.[\w\-]+\.[\w\-]*                                         # JSON Web Token
  | \b [0-9a-f]{40,} \b
    """,
    re.VERBOSE | re.IGNORECASE,
)

_NAMED = re.compile(
    r"""
    (?P<name> (?:key|secret|token|password|passwd|pwd|signature|credentials?) ["']? \s* (?: = \s* ["']? | : \s* ["'] ) )
    (?P<value> [^\s"'&,;]{4,} )
    """,
    re.VERBOSE | re.IGNORECASE,
)

_secrets: set[str] = set()
_literal: re.Pattern[str] | None = None


def hide(secret: str) -> None:
    """Blot *secret* out of everything that is redacted from now on."""
    global _literal
    if len(secret) >= SHORTEST and secret not in _secrets:
        _secrets.add(secret)
        # The longest first: one may be the beginning of another.
        _literal = re.compile("|".join(map(re.escape, sorted(_secrets, key=len, reverse=True))))


def redacted(text: str) -> str:
    """Return *text* without keys, and with every run of six digits or more blotted out, but for times and the like."""
    if _literal:
        text = _literal.sub(SECRET, text)
    text = _KEYS.sub(SECRET, text)
    text = _NAMED.sub(lambda found: found["name"] + SECRET, text)
    return _NUMBERS.sub(lambda found: found["kept"] or BLOT, text)
