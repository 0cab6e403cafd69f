"""How Segpay puts a transaction into words: the fields of a postback, and the rows of a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from xml.sax.saxutils import escape

from local.simulators.segpay.books import Transaction
from local.simulators.segpay.memberships import Membership, Terms

_TIME = "%m/%d/%Y %I:%M:%S %p"


def postback(told: Transaction) -> dict[str, str]:
    """With what comes along and is none of a shop's business."""
    return {
        "action": "Void" if told.kind == "void" else "Auth",
        "stage": told.stage,
        "approved": "Yes" if told.approved else "No",
        "trantype": "Sale" if told.kind == "void" else told.kind.capitalize(),
        "purchaseid": str(told.purchase),
        "tranid": str(told.id),
        "relatedtranid": str(told.related or ""),
        "price": str(told.price),
        "currencycode": told.currency,
        "eticketid": told.package,
        "ipaddress": "203.0.113.7",
        "authcode": "OK:0" if told.approved else "DECLINED:05",
        "transtime": told.at.strftime(_TIME),
        "billname": "Ada Buyer",
        "billemail": told.buyer,
        **_terms(told.terms),
        **{f"extra {name}": text for name, text in told.references.items()},
    }


def member_postback(of: Membership, action: str, at: datetime) -> dict[str, str]:
    """Of what happens to a membership, and is no transaction."""
    again = {"reactivationtimestamp": at.strftime(_TIME), "nextbilldate": of.next_bill.strftime("%m/%d/%Y")}
    return {
        "action": action,
        "purchaseid": str(of.purchase),
        "transtime": at.strftime(_TIME),
        "eticketid": of.package,
        "billemail": of.buyer,
        **_terms(of.terms),
        **(again if action == "Reactivation" else {}),
        **{f"extra {name}": text for name, text in of.references.items()},
    }


def with_price(terms: Terms, later: Decimal) -> Terms:
    """The same, but for what a later period costs."""
    return replace(terms, later=later)


def _terms(terms: Terms | None) -> dict[str, str]:
    """Of what is charged once nothing recurs."""
    if terms is None:
        return {"rval": "0"}
    amounts = {"ival": str(terms.first), "rval": str(terms.later)}
    return {**amounts, "iint": str(terms.first_days), "rint": str(terms.later_days)}


def diffgram(rows: Iterable[Transaction | Membership]) -> str:
    """As ADO.NET writes a data set; its columns are named in the manner of Segpay's services."""
    told = "".join(_row(number, _columns(each)) for number, each in enumerate(rows))
    return (
        '<?xml version="1.0" encoding="utf-8"?><DataSet xmlns="http://segpay.com/">'
        '<xs:schema id="NewDataSet" xmlns:xs="http://www.w3.org/2001/XMLSchema"/>'
        '<diffgr:diffgram xmlns:msdata="urn:schemas-microsoft-com:xml-msdata" '
        'xmlns:diffgr="urn:schemas-microsoft-com:xml-diffgram-v1">'
        + (f'<NewDataSet xmlns="">{told}</NewDataSet>' if told else "")
        + "</diffgr:diffgram></DataSet>"
    )


def text(said: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?><string xmlns="http://segpay.com/">{escape(said)}</string>'


def _columns(told: Transaction | Membership) -> dict[str, str]:
    if isinstance(told, Membership):
        cancelled = told.cancelled_at.isoformat() if told.cancelled_at else ""
        return {"PurchaseID": str(told.purchase), "NextBillDate": told.next_bill.isoformat(), "CancelDate": cancelled}
    recurring = {"rval": "RecurringAmount", "rint": "RecurringLength", "ival": "InitialAmount", "iint": "InitialLength"}
    return {
        "TransID": str(told.id),
        "RelatedTransID": str(told.related or ""),
        "TransType": told.kind.capitalize(),
        "Approved": "Yes" if told.approved else "No",
        "TransAmount": str(told.price),
        "Currency": told.currency,
        "TransDate": told.at.isoformat(),
        "PurchaseID": str(told.purchase),
        "Stage": told.stage,
        **{recurring[name]: value for name, value in _terms(told.terms).items()},
        **{name.upper(): value for name, value in told.references.items()},
    }


def _row(number: int, columns: Mapping[str, str]) -> str:
    cells = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in columns.items())
    return f'<Data diffgr:id="Data{number + 1}" msdata:rowOrder="{number}">{cells}</Data>'
