"""The engines, and the accounts that they need."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from assist.variables.fields import Names, prefixed


class Engines(BaseSettings):
    """Which engines do what, unless an assistant says otherwise (``ASSIST_STT``, ``ASSIST_LLM``, ``ASSIST_TTS``).

    In the order in which they are tried.
    """

    model_config = prefixed("ASSIST_")

    stt: Names = ("whisper",)
    llm: Names = ("flow",)
    tts: Names = ("pico",)
    last_resort: bool = True
    """Add the engines that need no network to the end of every list: they take over when everything else is down."""


class OpenAI(BaseSettings):
    """The OpenAI API, or a server that speaks it (``OPENAI_*``)."""

    model_config = prefixed("OPENAI_")

    api_key: SecretStr | None = None
    base_url: str | None = None
    """Without it OpenAI's own, which needs a key."""
    model: str = Field(default="gpt-4.1", validation_alias="ASSIST_OPENAI_MODEL")


class Deepgram(BaseSettings):
    """Deepgram (``DEEPGRAM_*``)."""

    model_config = prefixed("DEEPGRAM_")

    api_key: SecretStr | None = None


class Google(BaseSettings):
    """Google Cloud (``GOOGLE_*``)."""

    model_config = prefixed("GOOGLE_")

    application_credentials: Path | None = None
    """The key file of a service account, or another file that Google's libraries take for one."""
    cloud_project: str | None = None
    """Without it the one in the key file."""


class Aws(BaseSettings):
    """Amazon Web Services (``AWS_*``); Amazon's own library finds the keys as it always does."""

    model_config = prefixed("AWS_")

    region: str | None = None
    """Without it the one of the profile."""
