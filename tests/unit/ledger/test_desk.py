"""A trial balance that is read while accounts move tells a proof from a guess."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.builders import NOW
from tests.support.memory.ledger import MemoryLedgerReader, MemoryProjection
from tests.support.memory.store import MemoryStore
from tollgate.kernel.clock import FixedClock
from tollgate.ledger.balances import AccountKey
from tollgate.ledger.desk import LedgerDesk, TrialBalance
from tollgate.ledger.ports import Balance
from tollgate.runtime.http import ledger as view


def a_balance(account: str, amount: int, postings: int = 1, currency: str = "USD") -> Balance:
    return Balance(AccountKey("demo", currency, account), amount, postings, {}, NOW.date())


GAS, FEES = a_balance("gas", -5), a_balance("platform_fees", 5)
# One entry more is in one of the two when they are read.
LATER_FEES = a_balance("platform_fees", 8, 2)


class Readings(MemoryLedgerReader):
    """What one reading after the other finds; the last is found ever after."""

    def __init__(self, *found: list[Balance]) -> None:
        super().__init__(MemoryStore())
        self._found = list(found)
        self.made = 0

    def balances(self, tenant: str, currency: str | None = None) -> list[Balance]:
        self.made += 1
        return self._found[min(self.made, len(self._found)) - 1]


def trial(*found: list[Balance]) -> tuple[TrialBalance, int]:
    reader = Readings(*found)
    desk = LedgerDesk(reader, MemoryProjection(MemoryStore()), FixedClock(NOW))
    return desk.trial_balance("demo", None), reader.made


def test_a_sum_of_zero_is_read_once() -> None:
    found, readings = trial([GAS, FEES])
    assert (found.balanced, found.steady, readings) == (True, True, 1)


def test_an_entry_that_arrives_meanwhile_is_no_error() -> None:
    found, _ = trial([GAS, LATER_FEES], [a_balance("gas", -8, 2), LATER_FEES])
    assert (found.balanced, found.steady) == (True, True)


def test_a_sum_that_is_off_twice_in_the_same_way_is_an_error() -> None:
    found, readings = trial([GAS, LATER_FEES])
    assert (found.balanced, found.steady, readings) == (False, True, 2)
    assert found.totals == {"USD": 3}


def test_accounts_that_never_stand_still_prove_nothing() -> None:
    found, _ = trial(*([GAS, a_balance("platform_fees", 8 + number, number)] for number in range(9)))
    assert (found.balanced, found.steady) == (False, False)


def test_currencies_do_not_make_up_for_each_other() -> None:
    found, _ = trial([GAS, a_balance("gas", 5, currency="EUR")])
    assert not found.balanced
    assert found.totals == {"USD": -5, "EUR": 5}


def _many() -> Iterator[Balance]:
    for number in range(view.ACCOUNTS_SHOWN + 2):
        yield a_balance(f"royalties:{number}", 1)
    yield a_balance("gas", -(view.ACCOUNTS_SHOWN + 2))


@pytest.mark.parametrize("kind", ["royalties", "gas"])
def test_sums_are_over_all_accounts_and_a_thousand_are_shown(kind: str) -> None:
    found, _ = trial(list(_many()))
    (usd,) = view.trial_balance(found)["currencies"]
    assert len(usd["accounts"]) == view.ACCOUNTS_SHOWN
    assert (usd["accountsNotShown"], usd["total"]) == (3, 0)
    assert abs(usd["byKind"][kind]) == view.ACCOUNTS_SHOWN + 2
