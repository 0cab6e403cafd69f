"""Form bodies with bracketed keys (`line_items[0][quantity]=2`), taken apart into nested mappings."""

import re
from itertools import pairwise
from urllib.parse import parse_qsl

from local.simulators.stripe.errors import invalid

type Raw = str | list[Raw] | dict[str, Raw]
type Form = dict[str, Raw]

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


def decode(encoded: bytes | str) -> Form:
    """The nested form. Indexed arrays stay mappings of digits, as only the schema knows what is an array.

    Raises a 400 for keys that are not well bracketed or contradict each other, and for bytes that are not UTF-8.
    """
    try:
        text = encoded.decode() if isinstance(encoded, bytes) else encoded
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise invalid("The request body is not UTF-8.") from error
    form: Form = {}
    for key, value in pairs:
        _place(form, key, value)
    return form


def _place(form: Form, key: str, value: str) -> None:
    match = _KEY.fullmatch(key)
    if not match:
        raise invalid(f"The parameter name '{key}' is not well formed.", param=key)
    parts = [match[1], *_PART.findall(match[2])]
    target: Form = form
    for part, following in pairwise(parts):
        if following == "":
            _append(target, part, value, key)
            return
        child = target.setdefault(part, {})
        if not isinstance(child, dict):
            raise invalid(f"The parameter '{key}' is given in two contradicting forms.", param=key)
        target = child
    if isinstance(target.get(parts[-1]), dict | list):
        raise invalid(f"The parameter '{key}' is given in two contradicting forms.", param=key)
    target[parts[-1]] = value


def _append(target: Form, part: str, value: str, key: str) -> None:
    child = target.setdefault(part, [])
    if not isinstance(child, list):
        raise invalid(f"The parameter '{key}' is given in two contradicting forms.", param=key)
    child.append(value)
