"""What language models cost, and doing without what costs."""

from contextlib import aclosing

from assist.aio import Stream
from assist.llm import Dialog, LanguageModel, Part, Usage
from assist.provider import Kind
from assist.provider.bill import Bill
from assist.provider.usage import Amount, tokens

RULES = 400
"""Tokens that are sent with any prompt, about: the rules of the telephone, and what the model may ask for."""


class Metered:
    """Answers as *brain* does, and puts on *bill* what it tells of its `Usage`, which is not passed on.

    What it does not come to tell, since the reply is dropped or breaks off, is reckoned from the words: of *prompt*,
    the assistant's, of the dialog, and of the reply so far.
    """

    def __init__(self, brain: LanguageModel, name: str, model: str, bill: Bill, prompt: str = "") -> None:
        self._brain = brain
        self._name = name
        self._model = model
        self._bill = bill
        self._prompt = prompt

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        """See `LanguageModel`."""
        said, told = 0, None
        with self._bill.request(Kind.LLM, self._name, self._model) as request:
            try:
                async with aclosing(self._brain.reply(dialog)) as parts:
                    async for part in parts:
                        request.answered = True
                        if isinstance(part, Usage):
                            told = part
                            continue
                        said += len(part) if isinstance(part, str) else 0
                        yield part
            finally:
                usage = told or self._reckoned(dialog, said)
                request.amount = Amount(1, input=usage.input, cached=usage.cached, output=usage.output)

    def _reckoned(self, dialog: Dialog, said: int) -> Usage:
        if not self._model:
            return Usage(0, 0, 0)  # an embedded one knows no tokens
        asked = len(self._prompt) + sum(len(message.text) for message in dialog.messages)
        return Usage(RULES + tokens(asked), 0, tokens(said))


class Rationed:
    """Answers with *brain* while the call may cost more, and with *free* from then on."""

    def __init__(self, brain: LanguageModel, free: LanguageModel, bill: Bill) -> None:
        self._brain = brain
        self._free = free
        self._bill = bill

    def reply(self, dialog: Dialog) -> Stream[Part]:
        """See `LanguageModel`."""
        brain = self._free if self._bill.exhausted else self._brain
        return brain.reply(dialog)
