"""From a file to a campaign; every mistake has its line, its field, and a mend."""

import os
from pathlib import Path

import pytest

from assist.assistant import Assistants
from assist.campaign.declaration import Campaign
from assist.campaign.loading import Campaigns, inspect, load
from assist.campaign.trunks import Trunks
from assist.errors import ConfigurationError
from tests.campaigns import ASSISTANTS, CONFIG, GATEWAYS, SHIPPED

RIGHT = """\
assistant: clinica
purpose: marketing
caller: Clínica Santa Elena
timezone: Europe/Madrid
contacts:
  country: ES
trunk:
  gateway: carrier
  caller_ids: ["+34910000009"]
words:
  greeting:
    es: Soy el asistente automático de Clínica Santa Elena, {nombre}. Si no quiere más llamadas, pulse nueve.
    en: This is the automatic assistant of Clínica Santa Elena, {nombre}. If you wish no more calls, press 9.
  message:
    es: Le hemos llamado.
    en: We have called you.
voicemail: message
when:
  hours:
    monday: "10:00-20:00"
  starts: 2026-12-01
  ends: 2026-12-31
retry:
  busy: [15m, 1h]
schedule:
  cron: "0 10 * * 1"
test:
  number: "+34910000001"
  columns: {nombre: Marta}
"""


def write(path: Path, text: str, second: int = 1) -> None:
    """Save *text* as of *second*: two versions may be written within one tick of the file system's clock."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (second, second))


def mistakes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "oferta.yaml"
    write(path, text)
    found = inspect(path, ASSISTANTS, SHIPPED, GATEWAYS)
    return [] if isinstance(found, Campaign) else [str(mistake).removeprefix(f"{tmp_path}/") for mistake in found]


def test_the_file_the_mistakes_are_put_in_has_none(tmp_path: Path) -> None:
    assert mistakes(tmp_path, RIGHT) == []


CASES = [
    # The whole file
    ("assistant: clinica\n", "", "1: assistant: this is missing; add it: assistant: …"),
    ("assistant: clinica", "assistant: clinic", "1: assistant: there is no assistant clinic; did you mean clinica?"),
    ("purpose:", "name: x\npurpose:", "2: name: there is no such field; write one of assistant, purpose, caller, "),
    (
        "country: ES",
        "country: ES\n  not_if_reached: {days: 7, by: [otra]}",
        "7: contacts.not_if_reached.by.0: there is no such campaign; ",
    ),
    ("voicemail:", "voicmail:", "17: voicmail: there is no such field; did you mean voicemail?"),
    (
        "purpose: marketing",
        "purpose: ads",
        "2: purpose: there is no such choice; write one of 'marketing', 'service' or 'collection'",
    ),
    ("Europe/Madrid", "Europe/Madird", "4: timezone: no such time zone; write one as Europe/Madrid or America/Bogota"),
    (
        "purpose: marketing",
        "purpose: marketing\npurpose: service",
        "3: purpose: written twice, first in line 2; keep one",
    ),
    # Whom
    (
        "country: ES",
        "country: UK",
        "6: contacts.country: the holidays of UK are not known; write a country as ES or MX",
    ),
    ("country: ES", "country: ES\n  home: Madrid", "7: contacts.home: there is no such time zone; write one as"),
    (
        "country: ES",
        "country: ES\n  home: Europe/Madrid ES-MAD",
        "7: contacts.home: the holidays of ES-MAD are not known;",
    ),
    (
        "country: ES",
        "country: ES\n  home: America/Bogota CO",
        "7: contacts.home: nobody there is called; write a place in ES",
    ),
    (
        "country: ES",
        "country: ES\n  kinds: [premium_rate]",
        "7: contacts.kinds.0: there is no such choice; write one of",
    ),
    ("country: ES", "country: ES\n  others: [XX]", "7: contacts.others.0: the holidays of XX are not known; write"),
    # The way out
    ("gateway: carrier", "gateway: a/b", "8: trunk.gateway: this is no name of a gateway; write letters"),
    ("gateway: carrier", "gateway: carrier\n  cps: 0", "9: trunk.cps: this is too small; write more than 0"),
    ('"+34910000009"', '"910000009"', "9: trunk.caller_ids.0: this is no telephone number; write it with +, in quotes"),
    # What is said
    (
        "automático",
        "simpático",
        "12: words.greeting.es: it does not tell that this is an automatic assistant; say so, as with",
    ),
    (
        "de Clínica Santa Elena, {nombre}",
        "de la clínica, {nombre}",
        "12: words.greeting.es: it does not tell who calls; say Clínica Santa Elena, as caller: has it",
    ),
    (
        "Si no quiere más llamadas, pulse nueve.",
        "Su cita es a las nueve.",
        "12: words.greeting.es: it does not tell how not to be called again; add: si no quiere más",
    ),
    (
        "press 9.",
        "press 1.",
        "13: words.greeting.en: it does not tell how not to be called again; add: if you wish no more",
    ),
    (
        " Si no quiere más llamadas, pulse nueve.",
        "[nombre:Si no quiere más llamadas, pulse nueve.]",
        "12: words.greeting.es: it does not tell how not to be called again; add",
    ),
    ("    en: We have called you.\n", "", "14: words.message: there is no text in en; add en: … beside es"),
    (
        "    en: We have",
        "    fr: Nous avons appelé.\n    en: We have",
        "16: words.message.fr: the assistant does not speak this; remove it; clinica speaks es, en",
    ),
    (
        "{nombre}",
        "{nombre",
        "12: words.greeting.es: a brace is open, stray or empty; write {name}, with the name of a column",
    ),
    (
        "{nombre}",
        "{}",
        "12: words.greeting.es: a brace is open, stray or empty; write {name}, with the name of a column",
    ),
    (
        "voicemail: message",
        "voicemail: hang_up",
        "14: words.message: it is never left; add voicemail: message, or remove",
    ),
    (
        "  message:\n    es: Le hemos llamado.\n    en: We have called you.\n",
        "",
        "14: voicemail: there is no message to leave; add words.message, or write hang_up",
    ),
    # When
    (
        '"10:00-20:00"',
        '"10:00-21:30"',
        "20: when.hours.monday: the policy of ES forbids some of it for marketing; stay within 9:00-21:00",
    ),
    (
        "    monday:",
        "    sunday:",
        "20: when.hours.sunday: the policy of ES forbids some of it for marketing; stay within no hours at all",
    ),
    ('"10:00-20:00"', "10-20", "20: when.hours.monday.0: these are no hours; write from and to"),
    ("2026-12-31", "2026-11-30", "22: when.ends: it ends before it starts; write 2026-12-01 or later"),
    ("2026-12-31", "Christmas", "22: when.ends: this is not a date; write year, month and day, as 2026-12-25"),
    ("[15m, 1h]", "[15m, 1w]", "24: retry.busy.after.1: this is no length of time; write a number and s, m, h or d"),
    ("[15m, 1h]", "[]", "24: retry.busy.after: there is nothing in it; write at least one"),
    ("busy:", "bussy:", "24: retry.bussy: there is no such field; did you mean busy?"),
    (
        '"0 10 * * 1"',
        '"10:00"',
        "26: schedule.cron: this is no cron expression; write minute, hour, day, month, weekday",
    ),
    (
        '"0 10 * * 1"',
        '"0 10 * * 1"\n  at: 2026-12-01 10:00',
        "25: schedule: it takes one of cron and at; write cron:",
    ),
    # The trial
    ("{nombre: Marta}", "{}", "29: test.columns: there is no nombre, which is said to everybody; add nombre: … under"),
    (
        "{nombre: Marta}",
        "{nombre: Marta}\n  language: fr",
        "30: test.language: the assistant does not speak this; write one of",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "mistake"), CASES)
def test_a_mistake_has_its_line_its_field_and_a_mend(tmp_path: Path, right: str, wrong: str, mistake: str) -> None:
    assert right in RIGHT
    found = mistakes(tmp_path, RIGHT.replace(right, wrong, 1))
    assert any(one.startswith(f"oferta.yaml:{mistake}") for one in found), "\n".join(found)


@pytest.mark.parametrize(
    "offer",
    ["pulse nueve.", "pulse el nueve.", "pulse la tecla 9.", "marque 9 y no llamaremos.", "presione el número nueve."],
)
def test_the_way_out_may_be_offered_in_many_words(tmp_path: Path, offer: str) -> None:
    assert mistakes(tmp_path, RIGHT.replace("pulse nueve.", offer)) == []


def test_each_country_that_is_called_has_its_say(tmp_path: Path) -> None:
    found = mistakes(tmp_path, RIGHT.replace("country: ES", "country: ES\n  others: [CO]"))
    assert found == [
        "oferta.yaml:21: when.hours.monday: the policy of CO forbids some of it for marketing; stay within 7:00-19:00"
    ]


def test_all_mistakes_are_told_at_once_by_line(tmp_path: Path) -> None:
    found = mistakes(tmp_path, RIGHT.replace("[15m, 1h]", "soon").replace("country: ES", "country: UK"))
    assert [one.split(":")[1] for one in found] == ["6", "24"]


@pytest.mark.parametrize("text", ["", "- a\n", "a: [\n", "\x00"])
def test_what_is_no_campaign_is_refused(tmp_path: Path, text: str) -> None:
    assert len(mistakes(tmp_path, text)) == 1


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nadie\.yaml:1: it cannot be read: No such file"):
        load(tmp_path / "nadie.yaml", ASSISTANTS, SHIPPED, GATEWAYS)


def test_an_assistant_with_mistakes_holds_no_calls(tmp_path: Path) -> None:
    (tmp_path / "assistants").mkdir()
    write(tmp_path / "assistants" / "clinica.yaml", "languages: es\n")
    write(tmp_path / "oferta.yaml", RIGHT)
    with pytest.raises(ConfigurationError, match="this assistant's file has mistakes; mend it first"):
        load(tmp_path / "oferta.yaml", Assistants(tmp_path / "assistants"), SHIPPED, GATEWAYS)


def test_a_campaign_has_the_name_of_its_file_and_a_version_of_its_content(tmp_path: Path) -> None:
    path = tmp_path / "oferta.yaml"
    write(path, RIGHT)
    first = load(path, ASSISTANTS, SHIPPED, GATEWAYS)
    write(path, RIGHT + "\n")
    assert first.name == "oferta"
    assert load(path, ASSISTANTS, SHIPPED, GATEWAYS).version != first.version


def test_a_changed_file_counts_from_the_next_call_on_and_a_broken_one_stops_it(tmp_path: Path) -> None:
    path = tmp_path / "oferta.yaml"
    campaigns = Campaigns(tmp_path, ASSISTANTS, SHIPPED, Trunks(CONFIG / "trunks.yaml"))
    write(path, RIGHT, 1)
    first = campaigns.get("oferta")
    assert campaigns.get("oferta") is first
    write(path, RIGHT.replace("2026-12-31", "2026-12-20"), 2)
    assert campaigns.get("oferta").when.ends != first.when.ends
    write(path, RIGHT.replace("purpose: marketing", "purpose: ads"), 3)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="there is no such choice"):
            campaigns.get("oferta")
    write(path, RIGHT, 4)
    assert campaigns.get("oferta") == first


@pytest.mark.parametrize("name", ["../oferta", "", "ofertas", "oferta.yaml", "oferta\x00"])
def test_only_names_of_files_there_are_campaigns(tmp_path: Path, name: str) -> None:
    write(tmp_path / "oferta.yaml", RIGHT)
    with pytest.raises(ConfigurationError, match="there is no such campaign"):
        Campaigns(tmp_path, ASSISTANTS, SHIPPED, Trunks(CONFIG / "trunks.yaml")).get(name)


def test_the_names_are_those_of_the_files(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "list.csv"):
        (tmp_path / name).touch()
    assert Campaigns(tmp_path, ASSISTANTS, SHIPPED, Trunks(CONFIG / "trunks.yaml")).names() == ["a", "b"]
