"""What deploy/README.md says is so."""

import re
from pathlib import Path

import pytest

from assist.campaign.causes import End, result_of
from assist.settings import variables
from tests.test_deploy_compose import OURS, SERVICES, of_freeswitch

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
GUIDE = (DEPLOY / "README.md").read_text(encoding="utf-8")
COMPOSE_TEXT = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
ENDS = re.findall(r"^\| ([\d, ]+) \| `([A-Z_]+)` \| (\w+) \|", GUIDE, re.MULTILINE)


@pytest.mark.parametrize(
    ("status", "cause", "result"),
    [(int(status), cause, result) for statuses, cause, result in ENDS for status in statuses.split(",")],
)
def test_campaigns_make_of_a_sip_status_what_the_table_says(status: int, cause: str, result: str) -> None:
    assert result_of(End(cause, status)).value == result


def test_the_table_is_read() -> None:
    assert len(ENDS) > 10


def test_every_variable_named_is_one_that_is_read() -> None:
    named = set(re.findall(r"\bASSIST_[A-Z_]+[A-Z]\b", GUIDE))
    assert named <= {*variables(), *of_freeswitch()}


def test_every_file_named_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", GUIDE) if not link.startswith("http")]
    paths = re.findall(r"(?:^|\s)((?:systemd|kubernetes|\.\./\w+)/[\w./-]+)", GUIDE, re.MULTILINE)
    made = {"../freeswitch/conf/sip_profiles/trunk/carrier.xml"}
    assert links and paths
    assert [path for path in {*links, *paths} - made if not (DEPLOY / path.partition("#")[0]).exists()] == []


def test_every_chapter_named_is_there() -> None:
    chapters = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", GUIDE, re.MULTILINE)}
    named = set(re.findall(r"\]\(#([^)]+)\)", GUIDE))
    assert named and named <= chapters


def test_the_user_named_is_that_of_the_containers() -> None:
    assert SERVICES["workers"]["user"] in GUIDE


def test_the_ports_named_are_the_defaults() -> None:
    vars_xml = (ROOT / "freeswitch/conf/vars.xml").read_text(encoding="utf-8")
    for variable in ("sip_port", "rtp_first", "rtp_last", "esl_port", "listen_port"):
        default = re.search(rf'cmd="set" data="assist_{variable}=(\d+)"', vars_xml)
        assert default and default[1] in GUIDE.partition("## Firewall")[2].partition("```")[0]


def test_every_port_that_a_service_listens_on_is_in_the_firewall_table() -> None:
    """As a number, or within a range."""
    table = GUIDE.partition("## Firewall")[2].partition("```")[0]
    listed = [(int(first), int(last or first)) for first, last in re.findall(r"\b(\d{4,5})(?:-(\d{4,5}))?\b", table)]
    declared = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", COMPOSE_TEXT)}
    assert [port for port in declared if not any(first <= port <= last for first, last in listed)] == []


def test_every_service_of_ours_is_named_by_its_command() -> None:
    for name in OURS:
        assert f"`assist {' '.join(SERVICES[name]['command'])}`" in GUIDE


def test_every_unit_is_enabled() -> None:
    enabled = set(re.findall(r"^systemctl enable --now (.+)$", GUIDE, re.MULTILINE)[0].split())
    assert enabled == {path.stem for path in (DEPLOY / "systemd").glob("*.service")}
