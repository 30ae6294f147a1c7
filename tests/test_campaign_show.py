from decimal import Decimal

from rich.console import Console, RenderableType

from assist.campaign.assumptions import Assumptions
from assist.campaign.estimate import Estimate
from assist.campaign.ledger.views import Counts
from assist.campaign.model import Blocked, CampaignState, ContactState, Outcome, Result
from assist.campaign.show import estimated, length, share, status
from assist.campaign.standing import Status
from assist.campaign.standstill import Block
from tests.ledgers import NINE

COUNTS = Counts(
    state=CampaignState.RUNNING,
    states={ContactState.DONE: 30, ContactState.WAITING: 67, ContactState.ANSWERED: 2, ContactState.DIALING: 1},
    outcomes={Outcome.REACHED: 25, Outcome.OPTED_OUT: 5},
    results={Result.HUMAN: 30, Result.BUSY: 10},
    calls=3,
    seconds=3600.0,
    cost=Decimal("1.5"),
    breaker=None,
    groups={},
)


def shown(what: RenderableType) -> str:
    console = Console(width=160)
    with console.capture() as captured:
        console.print(what)
    return " ".join(captured.get().split())


def test_a_status_tells_progress_pick_up_rate_and_what_is_blocked() -> None:
    text = shown(status(Status("uno", COUNTS, (Block(Blocked.WINDOW, 60, NINE),), ends=NINE)))
    for part in ("30 of 100 done (30 %)", "2 talk, 1 ring", "75 % of 40 attempts", "60 minutes, $1.50", "60 wait"):
        assert part in text


def test_a_campaign_that_cannot_go_on_promises_no_end() -> None:
    assert "finished" not in shown(status(Status("uno", COUNTS, problems=("no worker lives",))))


def test_an_estimate_tells_what_it_assumes_and_what_it_does_not_know() -> None:
    found = Estimate(NINE, None, 100.0, 40.0, 40.0, None, Decimal(20), {}, 60.0, 3600.0)
    text = shown(estimated(found, Assumptions()))
    for part in ("40 % human", "a guess", "not known; say --usd-per-minute", "at most $20.00", "60 contacts"):
        assert part in text


def test_lengths_and_shares_are_short() -> None:
    assert [length(seconds) for seconds in (40, 720, 12_000, 180_000)] == ["40 s", "12 min", "3 h 20 min", "2 d 2 h"]
    assert (share(1, 3), share(0, 0)) == ("33 %", "–")
