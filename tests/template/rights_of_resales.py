"""The rights of those who resell. As `rights_of_roles`."""

from __future__ import annotations

WRITE_LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
SECRET = {"secretsmanager:GetSecretValue"}

RESALES: dict[str, dict[str, set[str]]] = {
    "MarketplaceApiRole": {
        "CoreTable.Arn": {
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        },
        "InboxTable.Arn": {"dynamodb:PutItem", "dynamodb:Query"},
        "${CoreTable.Arn}/index/by_owner": {"dynamodb:Query"},
        "${CoreTable.Arn}/index/by_day": {"dynamodb:Query"},
        "AuthSecret.Id": SECRET,
        "StripeApiSecret.Id": SECRET,
        "SquareApiSecret.Id": SECRET,
        "MarketplaceApiLogs.Arn": WRITE_LOGS,
    },
    "EscrowStepRole": {
        "CoreTable.Arn": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "*": {"states:SendTaskSuccess"},
        "EscrowStepLogs.Arn": WRITE_LOGS,
    },
    "EscrowMachineRole": {"EscrowStepFunction.Arn": {"lambda:InvokeFunction"}},
    "RoyaltyCounterRole": {
        "CoreTable.Arn": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "RoyaltyQueue.Arn": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
        "RoyaltyCounterLogs.Arn": WRITE_LOGS,
    },
}
