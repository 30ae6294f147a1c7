"""deploy/monitoring, by Prometheus' own tool; and that dashboard, rules and runbook speak of what there is."""

import inspect
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

import assist.campaign.figures
import assist.metrics
import assist.monitor
from assist.settings import variables
from tests.test_deploy_compose import of_freeswitch

DEPLOY = Path(__file__).parent.parent / "deploy"
FOLDER = DEPLOY / "monitoring"
RUNBOOK = (DEPLOY / "RUNBOOK.md").read_text(encoding="utf-8")
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"] for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDS = {rule["record"] for rule in RULES if "record" in rule}
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "grafana/dashboards/assist.json").read_text(encoding="utf-8"))
OF_OTHER_PROGRAMS = {"probe_ssl_earliest_cert_expiry"}
"""blackbox_exporter's."""
NAME = re.compile(r"\b(?:assist|probe)_[a-z_]+\b(?!\s*=)")

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool: apt-get install --no-install-recommends prometheus"
)


def promtool(*arguments: str) -> None:
    checked = subprocess.run(["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_promtool
def test_prometheus_takes_its_configuration() -> None:
    promtool("check", "config", "prometheus.yml")


@needs_promtool
def test_alerts_are_on_when_they_should_be_and_else_off() -> None:
    promtool("test", "rules", "alerts_test.yml")


def test_each_alert_is_tested() -> None:
    text = (FOLDER / "alerts_test.yml").read_text(encoding="utf-8")
    assert [name for name in ALERTS if name not in text] == []


def known() -> set[str]:
    """Return the names of all numbers that are told."""
    counted = {
        sample
        for metric in vars(assist.metrics).values()
        if isinstance(metric, MetricWrapperBase)
        for family in metric.describe()
        for sample in _samples(family.name, family.type)
    }
    folder = Path(inspect.getfile(assist.monitor)).parent
    files = [*folder.glob("*.py"), Path(inspect.getfile(assist.campaign.figures))]
    looked_at = {name for path in files for name in re.findall(r'"(assist_[a-z_]+)"', path.read_text(encoding="utf-8"))}
    return counted | looked_at | {f"{name}_total" for name in looked_at}


def _samples(name: str, kind: str) -> Iterator[str]:
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    return (name + ending for ending in endings[kind])


def expressions() -> Iterator[str]:
    """Yield whatever the dashboard and the rules ask Prometheus."""
    yield from (rule["expr"] for rule in RULES)
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))
    yield from (variable["query"]["query"] for variable in DASHBOARD["templating"]["list"])
    yield from (annotation["expr"] for annotation in DASHBOARD["annotations"]["list"])


def test_every_number_that_is_asked_for_is_told() -> None:
    asked = {name for expression in expressions() for name in NAME.findall(_without_labels(expression))}
    assert asked - known() - OF_OTHER_PROGRAMS == set()


def test_every_number_that_is_told_is_shown_or_watched() -> None:
    text = " ".join(expressions())
    told = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in known()}
    assert sorted(name for name in told if name not in text) == []


def test_every_record_that_is_asked_for_is_made() -> None:
    asked = {name for expression in expressions() for name in re.findall(r"\bassist(?::\w+)+", expression)}
    assert asked == RECORDS


def _without_labels(expression: str) -> str:
    """Return it without what stands in braces and after ``by``: names of labels are no numbers."""
    return re.sub(r"\{[^}]*\}", "", expression)


def test_each_alert_says_how_bad_it_is_and_has_an_entry_in_the_runbook() -> None:
    entries = re.findall(r"^### (\w+)\n\**(page|ticket|Always)", RUNBOOK, re.MULTILINE)
    expected = {name: rule["labels"]["severity"].replace("none", "Always") for name, rule in ALERTS.items()}
    assert dict(entries) == expected


def test_what_the_runbook_names_is_there() -> None:
    named = set(re.findall(r"\bASSIST_[A-Z_]+[A-Z]\b", RUNBOOK))
    assert named <= {*variables(), *of_freeswitch()}
    for link in re.findall(r"\]\(([^)#]+)", RUNBOOK):
        assert (DEPLOY / link).exists()
    panels = {panel["title"] for panel in DASHBOARD["panels"]}
    assert set(re.findall(r'panel "([^"]+)"', RUNBOOK)) <= panels


def test_the_dashboard_asks_the_source_that_is_provided() -> None:
    sources = yaml.safe_load((FOLDER / "grafana/provisioning/datasources/prometheus.yml").read_text(encoding="utf-8"))
    provided = {source["uid"] for source in sources["datasources"]}
    used = {panel["datasource"]["uid"] for panel in DASHBOARD["panels"] if "datasource" in panel}
    assert used == provided
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
