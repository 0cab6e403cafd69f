"""The codes of gift cards. A code is known to whoever was given it and stored nowhere: it follows from a key, the
tenant, and the payment that buys the card, so that whoever sends it makes it again. The card's id follows from the code
and the key, so that a code is looked up in one read, and an id tells nobody the code.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from tollgate.gift_cards.errors import GiftCardsDisabled, InvalidCode
from tollgate.kernel.ids import encoded
from tollgate.kernel.secrets import Secrets, valid_secrets

SECRET = "gift_cards"  # noqa: S105 - a secret's name
# 32 letters and digits without those that are read for each other (0 and O, 1 and I): five bits each, no bias.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTHS = (12, 16)
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_GROUP = 4
_BETWEEN = "- \t\u2010\u2011\u2013"  # what people, and their programs, write for the dash
# GF(32) modulo x^5 + x^2 + 1, in which x generates all 31 numbers but zero.
_FIELD, _OVERFLOW = 0b100101, 0b100000


def parse(text: str) -> str:
    """The code as it is written on the card. Small letters, spaces and missing dashes do not matter. Raises
    `InvalidCode`, which never repeats what was sent.
    """
    letters = "".join(letter for letter in text if letter not in _BETWEEN).upper()
    if len(letters) not in LENGTHS or not set(letters) <= _VALUES.keys():
        raise InvalidCode
    if _syndrome(letters):
        raise InvalidCode
    return _grouped(letters)


def check_character(letters: str) -> str:
    """The last character over the others. Place n counts x to the n: since no two places of a code count the same, one
    wrong character is found, and so are any two that have changed places.
    """
    return ALPHABET[_times_x(_syndrome(letters))]


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code, and all of it that may be stored: the card's id, its last four characters, and the name of the key."""

    code: str = field(repr=False)
    id: str
    ending: str
    key: str


@dataclass(frozen=True, slots=True)
class _Key:
    """What one key of the secret gives, each by a label of its own. The name may be stored."""

    name: str
    codes: bytes = field(repr=False)
    index: bytes = field(repr=False)


class GiftCardCodes:
    """Makes codes with the first key of the secret, and knows those of all of them, while keys are rotated. `length` is
    that of new codes.
    """

    def __init__(self, secrets: Secrets, length: int = LENGTHS[0]) -> None:
        if length not in LENGTHS:
            raise ValueError(f"a code has {' or '.join(map(str, LENGTHS))} characters, not {length}")
        self._secrets = secrets
        self._length = length

    def new(self, tenant: str, payment_id: str, version: int) -> NewCode:
        """The code of the card that a payment buys, the same whenever it is asked for. `version` is another number
        where the id of the first turned out to be taken. Raises `GiftCardsDisabled`.
        """
        return _made(self._keys()[0], self._length, tenant, payment_id, version)

    def again(self, tenant: str, payment_id: str, version: int, key: str, id_: str) -> NewCode | None:
        """The code that the card with this id has, made again from what is stored with it; None if its key is gone.
        Whichever length new codes have by now, it has the length it had.
        """
        made = (
            _made(each, length, tenant, payment_id, version)
            for each in self._keys()
            if each.name == key
            for length in LENGTHS
        )
        return next((each for each in made if hmac.compare_digest(each.id, id_)), None)

    def ids(self, tenant: str, code: str) -> tuple[str, ...]:
        """The ids that the card with this code may have, one for each key. `code` as `parse` gives it. Raises
        `GiftCardsDisabled`.
        """
        return tuple(_id(each, tenant, code) for each in self._keys())

    def _keys(self) -> Sequence[_Key]:
        keys = valid_secrets(self._secrets.get(SECRET).get("keys"))
        if not keys:
            raise GiftCardsDisabled
        return [_key(each.encode()) for each in keys]


def _key(secret: bytes) -> _Key:
    name = hashlib.sha256(_mac(secret, "name")).hexdigest()[:8]
    return _Key(name, _mac(secret, "code"), _mac(secret, "index"))


def _made(key: _Key, length: int, tenant: str, payment_id: str, version: int) -> NewCode:
    number = int.from_bytes(_mac(key.codes, tenant, payment_id, str(version)))
    letters = "".join([ALPHABET[(number >> (5 * place)) & 31] for place in range(length - 1)])
    code = _grouped(letters + check_character(letters))
    return NewCode(code, _id(key, tenant, code), code[-_GROUP:], key.name)


def _id(key: _Key, tenant: str, code: str) -> str:
    return encoded("gft", _mac(key.index, tenant, code))


def _mac(key: bytes, *parts: str) -> bytes:
    """Parts are length-prefixed, so that no two lists of parts run together."""
    text = "".join([f"{len(part.encode())}:{part}" for part in parts])
    return hmac.digest(key, text.encode(), "sha256")


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def _syndrome(letters: str) -> int:
    """Zero for a code with its check character."""
    state = 0
    for letter in letters:
        state = _times_x(state) ^ _VALUES[letter]
    return state


def _times_x(number: int) -> int:
    doubled = number << 1
    return doubled ^ _FIELD if doubled & _OVERFLOW else doubled
