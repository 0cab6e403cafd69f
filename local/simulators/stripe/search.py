"""Searching by metadata, which finds nothing that was made a moment ago.

Source: Stripe's documentation of its search: in less than a minute as a rule, up to an hour later when it is out of
order.
"""

import re

from local.simulators.stripe.current import current
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.parameter_kinds import Number, Text
from local.simulators.stripe.parameters import EXPAND, Group
from local.simulators.stripe.work import Work

SEARCH = Group({**EXPAND, "limit": Number(1, 100), "query": Text()}, required=("query",), unbuilt="page")

_CLAUSE = re.compile(r"metadata\[(['\"])(?P<name>[^'\"]{1,40})\1\]:(['\"])(?P<value>[^'\"]*)\3")


def intents(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/payment_intents/search`, for one name of the metadata and its value."""
    clause = _CLAUSE.fullmatch(params["query"])
    if clause is None:
        raise invalid("This simulator searches for metadata['name']:'value' only.", param="query")
    wanted = {
        f"json_extract(body, '$.metadata.\"{clause['name']}\"') = ?": clause["value"],
        "json_extract(body, '$.created') <= ?": work.now - work.search_lag,
    }
    limit = params.get("limit", 10)
    found = work.tx.select("payment_intent", wanted, tail=f"ORDER BY seq DESC LIMIT {limit + 1}")
    return {
        "object": "search_result",
        "data": [current(work, each) for each in found[:limit]],
        "has_more": len(found) > limit,
        "next_page": None,
        "url": "/v1/payment_intents/search",
    }
