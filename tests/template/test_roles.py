"""Each function may do what its work needs, on the resources that it works on, and nothing else."""

from __future__ import annotations

from tests.template.lambdas_own import rights_of_lambda
from tests.template.rights_of_roles import RIGHTS
from tests.template.translation import Statement, properties, resources, statements

WILDCARDS = {
    ("TracingPolicy", "SendTraces"): "X-Ray has no resources",
    ("InboxConsumerRole", "FindStream"): "listing streams has no resource to name",
    ("EventRelayRole", "FindStream"): "listing streams has no resource to name",
    ("InboxConsumerRole", "KeepFailedRecords"): "Lambda chooses the names of the objects",
    ("EventRelayRole", "KeepFailedRecords"): "Lambda chooses the names of the objects",
    ("LedgerProjectorRole", "FindStream"): "listing streams has no resource to name",
    ("LedgerProjectorRole", "KeepFailedRecords"): "Lambda chooses the names of the objects",
    ("ReconcilerRole", "ArchiveProviderEvents"): "an object per event, named by it",
    ("DelivererRole", "ReadSecrets"): "an operator makes a secret for each consumer",
    ("WorkflowStarterRole", "WakeEscrows"): "a token names no resource",
    ("EscrowStepRole", "WakeWhoeverWaits"): "a token names no resource",
}


def test_roles_hold_exactly_the_listed_rights() -> None:
    granted: dict[str, dict[str, set[str]]] = {}
    for statement in statements():
        for resource in statement.resources:
            granted.setdefault(statement.owner, {}).setdefault(resource, set()).update(statement.actions)
    assert granted == RIGHTS


def test_a_role_lets_lambda_do_what_it_does_in_the_functions_name() -> None:
    """Polling, logging and keeping failed records show in no test of a function."""
    for name, function in resources("AWS::Lambda::Function").items():
        owners = {function["Properties"]["Role"]["Fn::GetAtt"][0], "TracingPolicy"}
        granted = {
            (action, resource)
            for each in statements()
            if each.owner in owners
            for action in each.actions
            for resource in each.resources
        }
        assert set(rights_of_lambda(name)) <= granted, name


def test_no_action_is_a_wildcard() -> None:
    assert not [each for each in statements() if any(_is_pattern(action) for action in each.actions)]


def test_every_wildcard_resource_has_a_reason() -> None:
    found = {(each.owner, each.sid) for each in statements() if _has_wildcard(each)}
    assert found == set(WILDCARDS)


def test_nobody_deletes_or_scans() -> None:
    refused = {"dynamodb:DeleteItem", "dynamodb:Scan", "dynamodb:BatchWriteItem", "dynamodb:PartiQLSelect"}
    assert not [each for each in statements() if each.actions & refused]


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [
        function["Properties"]["Role"]["Fn::GetAtt"][0] for function in resources("AWS::Lambda::Function").values()
    ]
    machines = resources("AWS::StepFunctions::StateMachine")
    assert sorted([*roles, *(f"{each}Role" for each in machines)]) == sorted(resources("AWS::IAM::Role"))
    for each in machines:
        assert properties(each)["RoleArn"] == {"Fn::GetAtt": [f"{each}Role", "Arn"]}


def test_only_lambda_may_assume_a_role_and_step_functions_that_of_a_machine() -> None:
    for name, role in resources("AWS::IAM::Role").items():
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        service = "states" if name.endswith("MachineRole") else "lambda"
        ours = {"Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}}
        assert trust == {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        } | (ours if service == "states" else {})


def test_no_role_borrows_a_policy_of_aws() -> None:
    for role in resources("AWS::IAM::Role").values():
        assert role["Properties"]["ManagedPolicyArns"] == [{"Ref": "TracingPolicy"}]


def _has_wildcard(statement: Statement) -> bool:
    return any(_is_pattern(resource) for resource in statement.resources)


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text
