import asyncio
import csv
import io
import json
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from assist.campaign.columns import columns_of
from assist.campaign.ledger import Durability, open_ledger
from assist.campaign.model import Consent, Contact, Outcome, Result, Shown
from assist.campaign.results import COLUMNS, write_csv, write_list, write_ndjson
from assist.errors import StoreError
from assist.store import OUT_OF_CALL
from tests.ledgers import LIMITS, MADRID, NINE, Clocked, clocked_ledger, people, person
from tests.redis_process import redis_process

ANA = Contact("a", "+34600000001", MADRID, {"nombre": "Ana", "nota": "=cmd|' /C calc'!A0", "id": "77"}, "es")
EVA = Contact("e", "+34600000002", MADRID, {"nombre": "Eva", "saldo": "-12.50"}, "", Consent("web", NINE, "x:1"))


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        await lent.start("c", [ANA, EVA])
        busy = await lent.dialed()
        await lent.ledger.attempts.finish(busy.id, Result.BUSY, Outcome.EXHAUSTED, 0.0)
        talked = await lent.dialed()
        await lent.ledger.attempts.finish(
            talked.id, Result.HUMAN, Outcome.REACHED, 61.5, Decimal("0.0125"), {"viene": "sí"}
        )
        yield lent


def rows(file: io.StringIO) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.getvalue(), newline="")))


async def test_what_became_of_everybody_as_csv(clocked: Clocked) -> None:
    file = io.StringIO(newline="")
    assert await write_csv(file, clocked.ledger, "c") == 2
    ana, eva = rows(file)
    assert [ana[name] for name in COLUMNS[:6]] == ["a", "+34600000001", "done", "exhausted", "busy", "1"]
    assert [eva[name] for name in COLUMNS[3:6]] == ["reached", "human", "1"]
    assert (eva["seconds"], eva["cost_usd"], eva["last_at"][:16]) == ("61.5", "0.0125", "2026-11-23T09:00")
    assert (ana["found_viene"], eva["found_viene"]) == ("", "sí")
    assert (ana["list_id"], ana["nombre"], ana["saldo"], eva["saldo"]) == ("77", "Ana", "", "-12.50")


async def test_nothing_in_the_csv_is_a_formula(clocked: Clocked) -> None:
    file = io.StringIO(newline="")
    await write_csv(file, clocked.ledger, "c")
    assert rows(file)[0]["nota"] == "'=cmd|' /C calc'!A0"


async def test_what_became_of_everybody_as_lines_of_json(clocked: Clocked) -> None:
    file = io.StringIO()
    assert await write_ndjson(file, clocked.ledger, "c") == 2
    ana, eva = map(json.loads, file.getvalue().splitlines())
    assert ana["variables"] == ANA.variables
    assert (ana["found_out"], eva["found_out"]) == ({}, {"viene": "sí"})
    assert (eva["outcome"], [past["result"] for past in eva["past"]]) == ("reached", ["human"])


async def test_who_may_be_called_at_once_has_no_time_and_who_is_to_wait_has(clocked: Clocked) -> None:
    await clocked.ledger.add("c", [person(0)], due=0.0)
    await clocked.ledger.add("c", [person(1)], due=NINE)
    file = io.StringIO(newline="")
    await write_csv(file, clocked.ledger, "c")
    assert [row["due"] for row in rows(file)[2:]] == ["", "2026-11-23T09:00:00+00:00"]


async def test_the_number_that_a_call_showed_is_told(redis_url: str) -> None:
    shown = (Shown("+34910000009", ("+34",)), Shown("+34930000009", ()))
    async with clocked_ledger(redis_url) as clocked:
        await clocked.start("c", [person(0), person(1)], replace(LIMITS, shown=shown))
        call = await clocked.dialed()
        await clocked.ledger.attempts.finish(call.id, Result.HUMAN, Outcome.REACHED)
        table, lines = io.StringIO(newline=""), io.StringIO()
        await write_csv(table, clocked.ledger, "c")
        await write_ndjson(lines, clocked.ledger, "c")
    assert [row["caller_id"] for row in rows(table)] == ["+34910000009", ""]
    called, waiting = map(json.loads, lines.getvalue().splitlines())
    assert (called["caller_id"], called["past"][0]["caller_id"]) == ("+34910000009", "+34910000009")
    assert waiting["caller_id"] is None


async def test_a_redis_that_stands_still_for_seconds_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, loop = io.StringIO(), asyncio.get_running_loop()
    with redis_process(tmp_path) as redis:
        async with open_ledger(redis.url, Durability.MEMORY) as ledger:
            await ledger.create("c", LIMITS)
            await ledger.add("c", people(3))
            redis.process.send_signal(signal.SIGSTOP)
            writing = asyncio.create_task(write_ndjson(file, ledger, "c"))
            counting = asyncio.create_task(ledger.counts("c"))
            await asyncio.sleep(0)
            clock = loop.time
            monkeypatch.setattr(loop, "time", lambda: clock() + 2 * OUT_OF_CALL)
            with pytest.raises(StoreError):
                await counting
            assert not writing.done()
            redis.process.send_signal(signal.SIGCONT)
            assert await writing == 3


async def test_those_who_were_missed_as_a_list_to_be_imported(clocked: Clocked) -> None:
    file = io.StringIO(newline="")
    assert await write_list(file, clocked.ledger, "c") == 1
    assert [row["id"] for row in rows(file)] == ["a"]
    everybody = io.StringIO(newline="")
    await write_list(everybody, clocked.ledger, "c", [Outcome.REACHED])
    header, eva = csv.reader(io.StringIO(everybody.getvalue(), newline=""))
    columns = columns_of(header, ["nombre", "saldo"])
    assert eva[columns.variables["nombre"]] == "Eva"
    assert {meaning.value: eva[place] for meaning, place in columns.meanings.items()} == {
        "number": "+34600000002",
        "id": "e",
        "language": "",
        "consent_source": "web",
        "consent_at": "2026-11-23T09:00:00+00:00",
        "consent_proof": "x:1",
    }
