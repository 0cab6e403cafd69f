"""Runs parliament over every policy of the translated template: `python -m tests.template.lint_policies`.

Parliament knows which actions exist and which resources each of them takes. It lives beside the SAM CLI, in an
environment of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from tests.template.arns import Arns
from tests.template.translation import REGION, policy_documents

ACCOUNT = "123456789012"

# Plausible names are enough: parliament looks at the form.
ARNS = Arns(REGION, ACCOUNT, str.lower)


def main() -> int:
    import parliament

    complaints = 0
    documents = list(policy_documents())
    for owner, document in documents:
        analysed = parliament.analyze_policy_string(json.dumps(resolved(document)), ignore_private_auditors=True)
        for finding in analysed.findings:
            complaints += 1
            print(f"{owner}: {finding.issue} {finding.title} {finding.detail or ''} at {finding.location}")
    print(f"parliament: {len(documents)} policies, {complaints} complaints")
    return 1 if complaints else 0


def resolved(document: dict[str, Any]) -> dict[str, Any]:
    """The same document with plausible ARNs for its resources."""
    return document | {"Statement": [each | {"Resource": list(_resources(each))} for each in document["Statement"]]}


def _resources(statement: dict[str, Any]) -> Iterator[str]:
    written = statement["Resource"]
    yield from map(ARNS.resolved, written if isinstance(written, list) else [written])


if __name__ == "__main__":
    sys.exit(main())
