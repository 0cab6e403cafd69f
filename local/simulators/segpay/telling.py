"""How Segpay puts a transaction into words: the fields of a postback, and the rows of a report."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from local.simulators.segpay.books import Transaction

_TIME = "%m/%d/%Y %I:%M:%S %p"


def postback(told: Transaction) -> dict[str, str]:
    """With what comes along and is none of a shop's business."""
    return {
        "action": "Void" if told.kind == "void" else "Auth",
        "stage": "Initial",
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
        **{f"extra {name}": text for name, text in told.references.items()},
    }


def diffgram(rows: Iterable[Transaction]) -> str:
    """As ADO.NET writes a data set; its columns are named in the manner of Segpay's services."""
    told = "".join(_row(number, each) for number, each in enumerate(rows))
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


def _row(number: int, told: Transaction) -> str:
    columns = {
        "TransID": str(told.id),
        "RelatedTransID": str(told.related or ""),
        "TransType": told.kind.capitalize(),
        "Approved": "Yes" if told.approved else "No",
        "TransAmount": str(told.price),
        "Currency": told.currency,
        "TransDate": told.at.isoformat(),
        "PurchaseID": str(told.purchase),
        **{name.upper(): value for name, value in told.references.items()},
    }
    cells = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in columns.items())
    return f'<Data diffgr:id="Data{number + 1}" msdata:rowOrder="{number}">{cells}</Data>'
