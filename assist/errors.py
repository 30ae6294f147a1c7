"""Every error this package raises on purpose.

* :exc:`AssistError`
    * :exc:`SwitchError` -- FreeSWITCH, or the way to it
        * :exc:`ConnectionLost` -- the socket is gone; nothing more can be asked of this connection
        * :exc:`HungUp` -- the call is over, and says why
        * :exc:`CommandFailed` -- FreeSWITCH said ``-ERR``; the call goes on
        * :exc:`MediaLost` -- the ear or the voice stopped working; the call is still up
        * :exc:`ProtocolError` -- one side broke the Event Socket protocol
    * :exc:`ProviderError` -- a speech or language service; knows whether the same request may succeed if sent again
        * :exc:`NotHeard` -- nobody could write down what the caller said, who may still press keys
    * :exc:`StoreError` -- Redis did not answer, not in time, or not what was asked; the call goes on
    * :exc:`WebError` -- an address that somebody wrote gave no answer, or may not be asked
    * :exc:`ConfigurationError` -- a file, a variable or a missing package; says where, what and the mend

Messages hold ids, codes and counts; never words that were said, telephone numbers, digits or keys.
"""


class AssistError(Exception):
    """Whatever Assist raises on purpose."""


class SwitchError(AssistError):
    """FreeSWITCH, or the way to it, failed."""


class ConnectionLost(SwitchError):
    """The socket is gone; nothing more can be asked of this connection."""


class HungUp(SwitchError):
    """The call is over."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause
        """FreeSWITCH's hang-up cause, as ``NORMAL_CLEARING``."""


class CommandFailed(SwitchError):
    """FreeSWITCH answered ``-ERR``; the call goes on."""

    def __init__(self, reason: str, command: str = "") -> None:
        super().__init__(f"{command}: {reason}" if command else reason)
        self.reason = reason
        """What stood after ``-ERR``, as ``NO_ANSWER`` or ``No such channel!``."""


class MediaLost(SwitchError):
    """The ear or the voice stopped working; the call is still up."""


class ProtocolError(SwitchError):
    """One side broke the Event Socket protocol, or would have: nothing was sent."""


class ProviderError(AssistError):
    """A speech or language service failed."""

    def __init__(
        self, provider: str, reason: str, *, temporary: bool, retry_after: float | None = None, refused: bool = False
    ) -> None:
        super().__init__(f"{provider}: {reason}")
        self.provider = provider
        self.reason = reason
        self.temporary = temporary
        """Whether the same request may succeed if it is sent again."""
        self.retry_after = retry_after
        """Seconds that the service asks to be left alone."""
        self.refused = refused
        """The key or the account is not accepted: no request will succeed until an admin has mended that."""


class NotHeard(ProviderError):
    """Nobody could write down what the caller said, who may still press keys."""

    def __init__(self, error: ProviderError) -> None:
        """*error* is why the last one could not."""
        super().__init__(
            error.provider,
            error.reason,
            temporary=error.temporary,
            retry_after=error.retry_after,
            refused=error.refused,
        )


class StoreError(AssistError):
    """Redis did not answer, not in time, or not what was asked; the call goes on."""


class WebError(AssistError):
    """What is at an address that somebody wrote gave no answer, or may not be asked."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        """Without the address, which may hold a secret."""
        self.refused = refused
        """The address may not be asked: nothing was sent."""


class ConfigurationError(AssistError):
    """A file, a variable or a missing package: says where, what is wrong and the mend."""
