"""`/v1/disputes`."""

import copy

from local.simulators.stripe import dispute_course
from local.simulators.stripe.charges import changed
from local.simulators.stripe.dispute_shapes import FILE_EVIDENCE, TEXT_EVIDENCE
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Choice, Flag, Metadata, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group, Unsettable
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

_EVIDENCE = Group(
    {name: Unsettable(Text(20_000)) for name in TEXT_EVIDENCE},
    unbuilt=f"appeal enhanced_evidence {' '.join(FILE_EVIDENCE)}",
)
UPDATE = Group(
    {
        **EXPAND,
        "evidence": _EVIDENCE,
        "intended_submission_method": Choice("manual prefer_manual prefer_smart_disputes smart_disputes"),
        "metadata": Metadata(merges=True),
        "submit": Flag(),
    }
)
CLOSE = Group(EXPAND)
RETRIEVE = Group(EXPAND)
LIST = Group({**PAGE, "charge": Text(), "payment_intent": Text()})


def update(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/disputes/{id}`: stage evidence, and submit it unless `submit` is false."""
    dispute = work.at_path("dispute", ids["id"])
    status = dispute.body["status"]
    answering = "evidence" in params or params.get("submit", False)
    if answering and status not in dispute_course.UNANSWERED:
        raise invalid(f"Evidence cannot be added to a dispute in the status {status}.", executed=True)
    previous = changed(dispute, {name: params[name] for name in params if name not in ("evidence", "submit")})
    if params.get("evidence"):
        previous["evidence"] = _stage(dispute, params["evidence"])
    if answering and params.get("submit", True):
        previous["status"] = status
        dispute_course.submit(work, dispute)
    work.save(dispute)
    if previous:
        emit(work, "charge.dispute.updated", dispute, previous)
    if "status" in previous:
        dispute_course.decide_by_evidence(work, dispute)
    return dispute.body


def _stage(dispute: Record, evidence: Body) -> Body:
    before = copy.copy(dispute.body["evidence"])
    dispute.body["evidence"].update(evidence)
    dispute.body["evidence_details"]["has_evidence"] = True
    return {name: before[name] for name in evidence}


def close(work: Work, ids: Body, _params: Body) -> Body:
    """`POST /v1/disputes/{id}/close`: accept the loss; an inquiry is closed."""
    dispute = work.at_path("dispute", ids["id"])
    if dispute.body["status"] not in dispute_course.UNANSWERED:
        raise invalid(f"A dispute in the status {dispute.body['status']} cannot be closed.", executed=True)
    dispute_course.lapse(work, dispute)
    return dispute.body


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/disputes/{id}`."""
    return work.at_path("dispute", ids["id"]).body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/disputes`, newest first."""
    names = ("charge", "payment_intent")
    conditions = {f"json_extract(body, '$.{name}') = ?": params[name] for name in names if name in params}
    return page_of(work, "dispute", "/v1/disputes", params, conditions)
