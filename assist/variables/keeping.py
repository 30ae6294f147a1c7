"""Where what is kept is, and for how long."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings

from assist.variables.fields import Folder, prefixed


class Redis(BaseSettings):
    """Where the state of calls lives (``REDIS_URL``) and how long what was said is kept (``ASSIST_RETENTION_DAYS``)."""

    model_config = prefixed("ASSIST_")

    url: SecretStr | None = Field(default=None, validation_alias="REDIS_URL")
    """Without it an embedded server, shared by all verbs. Secret, since it may hold a password."""
    retention_days: float = Field(default=30.0, gt=0.0)
    durable: Literal["memory", "aof", "replica"] = "aof"
    """How safe it must be in Redis that a number is being dialed, before it is: ``assist.campaign.ledger``."""
    speech_cache_mb: int = Field(default=256, ge=0)
    """For sentences that were said before, or rendered ahead; a minute takes one."""

    @property
    def retention(self) -> timedelta:
        """How long words that were said stay readable; the history of calls, which holds none, stays."""
        return timedelta(days=self.retention_days)

    @property
    def speech_room(self) -> int:
        """Bytes for sentences."""
        return self.speech_cache_mb * 1_000_000


class Files(BaseSettings):
    """Directories and programs (``ASSIST_MEDIA_DIR`` and so on)."""

    model_config = prefixed("ASSIST_")

    media_dir: Folder = Path("/dev/shm/assist")
    """In memory, and the same directory for FreeSWITCH: the ears and voices of calls."""
    state_dir: Folder = Field(
        default=Path("~/.local/state/assist"),
        validate_default=True,
        validation_alias=AliasChoices("ASSIST_STATE_DIR", "STATE_DIRECTORY"),
    )
    """Of the embedded Redis; systemd gives it as ``STATE_DIRECTORY``."""
    assistants_dir: Folder = Path("config/assistants")
    campaigns_dir: Folder = Path("config/campaigns")
    policies_dir: Folder = Path("config/policies")
    """What each country allows campaigns."""
    trunks: Folder = Path("config/trunks.yaml")
    """What each carrier allows campaigns."""
    prices: Folder = Path("config/prices.yaml")
    """What engines cost."""
    recordings_dir: Folder | None = None
    """Where stereo recordings are kept; without it none are."""
    freeswitch: Folder | None = None
    """The FreeSWITCH program; without it the one on the PATH."""


class Retention(BaseSettings):
    """How many days what is personal is kept, besides what was said (``ASSIST_*_DAYS``)."""

    model_config = prefixed("ASSIST_")

    recordings_days: float = Field(default=30.0, gt=0.0)
    history_days: float = Field(default=365.0, gt=0.0)
    contacts_days: float = Field(default=90.0, gt=0.0)
    audit_days: float = Field(default=730.0, gt=0.0)

    @property
    def recordings(self) -> timedelta:
        return timedelta(days=self.recordings_days)

    @property
    def history(self) -> timedelta:
        """Of calls, without words; and of which number was called how often."""
        return timedelta(days=self.history_days)

    @property
    def contacts(self) -> timedelta:
        """After the end of their campaign; in one that each start has a list of its own for, after they are done."""
        return timedelta(days=self.contacts_days)

    @property
    def audit(self) -> timedelta:
        """Of who did what."""
        return timedelta(days=self.audit_days)
