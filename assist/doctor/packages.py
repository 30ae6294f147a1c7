"""Python and its packages, beside those Assist was tested with."""

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from assist.doctor.finding import Finding, ok, warning, wrong
from assist.settings import Settings


def look(_: Settings) -> Iterator[Finding]:
    """Yield what is found of Python, and of the packages that are installed."""
    assist = distribution("assist")
    wanted = assist.metadata["Requires-Python"] or ""
    running = platform.python_version()
    if SpecifierSet(wanted).contains(running, prereleases=True):
        yield ok("Python", running)
    else:
        yield wrong("Python", f"{running}, but {wanted} is needed", "run scripts/setup with a newer Python")
    requirements = [Requirement(line) for line in assist.requires or []]
    installed = {requirement.name: _version(requirement.name) for requirement in requirements}
    yield packages(requirements, installed)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def packages(requirements: list[Requirement], installed: Mapping[str, str | None]) -> Finding:
    """Return what differs between *requirements* and what is *installed*. Those of an extra may be missing."""
    missing, other, good = [], [], 0
    for requirement in requirements:
        needed = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        found = installed[requirement.name]
        if found is None:
            missing += [requirement.name] if needed else []
        elif _applies(requirement) and not requirement.specifier.contains(found, prereleases=True):
            other.append(f"{requirement.name} {found} ({requirement.specifier})")
        else:
            good += 1
    mend = "scripts/setup"
    if missing:
        return wrong("Packages", f"missing: {', '.join(missing)}", mend)
    if other:
        return warning("Packages", f"not the tested version: {', '.join(other)}", mend)
    return ok("Packages", f"{good}, all as tested")


def _applies(requirement: Requirement) -> bool:
    """Whether *requirement* is one of this Python, in some extra."""
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({"extra": extra}) for extra in _extras())


def _extras() -> list[str]:
    return ["", *(distribution("assist").metadata.get_all("Provides-Extra") or [])]
