"""Says back what the caller said: to try a line, and to show that a test of a brain can fail."""

from assist.aio import Stream
from assist.llm import Dialog, Part


class Echo:
    """A brain that only repeats."""

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        yield dialog.messages[-1].text
