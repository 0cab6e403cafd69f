"""Faults ordered for the next API calls."""

from local.simulators.square.errors import Body

KINDS = ("429", "500", "503", "timeout", "drop", "reset")
# Done, and then no word of it. Of the others nothing is done, unless it is asked for.
_DONE = ("drop", "timeout")


class Faults:
    """Rules in the order in which they came; each is good for so many calls."""

    def __init__(self) -> None:
        self._rules: list[Body] = []

    def order(self, rule: Body) -> None:
        """Keys: kind, times, method, path (its beginning), seconds, work (`first` or `never`)."""
        work = rule["work"] or ("first" if rule["kind"] in _DONE else "never")
        self._rules.append({**rule, "work": work})

    def cancel(self) -> None:
        self._rules.clear()

    def take(self, method: str, path: str) -> Body | None:
        """The first that fits this call, with one use taken off."""
        for rule in self._rules:
            if rule["method"] in (None, method) and path.startswith(rule["path"] or ""):
                rule["times"] -= 1
                if not rule["times"]:
                    self._rules.remove(rule)
                return rule
        return None
