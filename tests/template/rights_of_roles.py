"""Each role's rights: a change of rights is a change of this table."""

from __future__ import annotations

READ_STREAM = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}
WRITE_LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
SECRET = {"secretsmanager:GetSecretValue"}
CONSUMERS_SECRETS = (
    "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:tollgate/${Environment}/consumers/*"
)
FAILED_RECORDS = {
    "FailedRecordsBucket.Arn": {"s3:ListBucket"},
    "${FailedRecordsBucket.Arn}/aws/lambda/*": {"s3:PutObject"},
    "*": {"dynamodb:ListStreams"},
}

# Role -> resource -> actions. A change of rights is a change of this table.
RIGHTS: dict[str, dict[str, set[str]]] = {
    "CheckoutApiRole": {
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
        "GiftCardSecret.Id": SECRET,
        "StripeApiSecret.Id": SECRET,
        "SegpayApiSecret.Id": SECRET,
        "SegpayWebhookSecret.Id": SECRET,
        "SquareApiSecret.Id": SECRET,
        "PayPalApiSecret.Id": SECRET,
        "CheckoutApiLogs.Arn": WRITE_LOGS,
    },
    "ProviderWebhookRole": {
        "InboxTable.Arn": {"dynamodb:PutItem"},
        "StripeWebhookSecret.Id": SECRET,
        "SegpayWebhookSecret.Id": SECRET,
        "SquareWebhookSecret.Id": SECRET,
        "PayPalWebhookSecret.Id": SECRET,
        "MockWebhookSecret.Id": SECRET,
        "ProviderWebhookLogs.Arn": WRITE_LOGS,
    },
    "InboxConsumerRole": {
        "InboxTable.Arn": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"},
        "CoreTable.Arn": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "InboxTable.StreamArn": READ_STREAM,
        "SegpayWebhookSecret.Id": SECRET,
        "StripeApiSecret.Id": SECRET,
        "InboxConsumerLogs.Arn": WRITE_LOGS,
        **FAILED_RECORDS,
    },
    "AdminApiRole": {
        "CoreTable.Arn": {
            "dynamodb:BatchGetItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        },
        "InboxTable.Arn": {"dynamodb:PutItem", "dynamodb:Query"},
        "${CoreTable.Arn}/index/by_owner": {"dynamodb:Query"},
        "${CoreTable.Arn}/index/by_day": {"dynamodb:Query"},
        "${CoreTable.Arn}/index/by_hour": {"dynamodb:Query"},
        "AuthSecret.Id": SECRET,
        "StripeApiSecret.Id": SECRET,
        "SegpayApiSecret.Id": SECRET,
        "SegpayWebhookSecret.Id": SECRET,
        "SquareApiSecret.Id": SECRET,
        "PayPalApiSecret.Id": SECRET,
        "ReconcilerFunction.Arn": {"lambda:InvokeFunction"},
        "AdminApiLogs.Arn": WRITE_LOGS,
    },
    "VenueApiRole": {
        "CoreTable.Arn": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "${CoreTable.Arn}/index/by_owner": {"dynamodb:Query"},
        "AuthSecret.Id": SECRET,
        "StripeApiSecret.Id": SECRET,
        "VenueApiLogs.Arn": WRITE_LOGS,
    },
    "GiftCardApiRole": {
        "CoreTable.Arn": {
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        },
        "InboxTable.Arn": {"dynamodb:PutItem", "dynamodb:Query"},
        "AuthSecret.Id": SECRET,
        "GiftCardSecret.Id": SECRET,
        "StripeApiSecret.Id": SECRET,
        "SegpayApiSecret.Id": SECRET,
        "SegpayWebhookSecret.Id": SECRET,
        "SquareApiSecret.Id": SECRET,
        "PayPalApiSecret.Id": SECRET,
        "GiftCardApiLogs.Arn": WRITE_LOGS,
    },
    "SubscriptionApiRole": {
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
        "SubscriptionApiLogs.Arn": WRITE_LOGS,
    },
    "CatalogApiRole": {
        "CoreTable.Arn": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"},
        "AuthSecret.Id": SECRET,
        "CatalogApiLogs.Arn": WRITE_LOGS,
    },
    "WorkflowStarterRole": {
        "DunningMachine": {"states:StartExecution"},
        "WorkflowQueue.Arn": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
        "WorkflowStarterLogs.Arn": WRITE_LOGS,
    },
    "CardAdopterRole": {
        "CoreTable.Arn": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "InboxTable.Arn": {"dynamodb:PutItem", "dynamodb:Query"},
        "StripeApiSecret.Id": SECRET,
        "CardQueue.Arn": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
        "CardAdopterLogs.Arn": WRITE_LOGS,
    },
    "DunningStepRole": {
        "CoreTable.Arn": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "InboxTable.Arn": {"dynamodb:PutItem", "dynamodb:Query"},
        "StripeApiSecret.Id": SECRET,
        "DunningStepLogs.Arn": WRITE_LOGS,
    },
    "DunningMachineRole": {"DunningStepFunction.Arn": {"lambda:InvokeFunction"}},
    "StatsCounterRole": {
        "CoreTable.Arn": {"dynamodb:UpdateItem"},
        "StatsQueue.Arn": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
        "StatsCounterLogs.Arn": WRITE_LOGS,
    },
    "MailerRole": {
        "CoreTable.Arn": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${MailSender}": {"ses:SendEmail"},
        "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${Domain}": {"ses:SendEmail"},
        "GiftCardSecret.Id": SECRET,
        "MailQueue.Arn": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
        "MailerLogs.Arn": WRITE_LOGS,
    },
    "CapturerRole": {
        "CoreTable.Arn": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "InboxTable.Arn": {"dynamodb:PutItem", "dynamodb:Query"},
        "PayPalApiSecret.Id": SECRET,
        "CaptureQueue.Arn": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
        "CapturerLogs.Arn": WRITE_LOGS,
    },
    "DelivererRole": {
        "CoreTable.Arn": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"},
        CONSUMERS_SECRETS: SECRET,
        "DeliveryQueue.Arn": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
        "DeliveryWakes.Arn": {
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        },
        "DelivererLogs.Arn": WRITE_LOGS,
    },
    "DeliveryApiRole": {
        "CoreTable.Arn": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"},
        "${CoreTable.Arn}/index/by_day": {"dynamodb:Query"},
        "AuthSecret.Id": SECRET,
        "DeliveryWakes.Arn": {"sqs:SendMessage"},
        "DeliveryApiLogs.Arn": WRITE_LOGS,
    },
    "EventRelayRole": {
        "EventBus.Arn": {"events:PutEvents"},
        "CoreTable.StreamArn": READ_STREAM,
        "EventRelayLogs.Arn": WRITE_LOGS,
        **FAILED_RECORDS,
    },
    "LedgerProjectorRole": {
        "CoreTable.Arn": {"dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "CoreTable.StreamArn": READ_STREAM,
        "LedgerProjectorLogs.Arn": WRITE_LOGS,
        **FAILED_RECORDS,
    },
    "ReconcilerRole": {
        "CoreTable.Arn": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "InboxTable.Arn": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"},
        "${CoreTable.Arn}/index/by_due": {"dynamodb:Query"},
        "${CoreTable.Arn}/index/by_hour": {"dynamodb:Query"},
        "${InboxTable.Arn}/index/by_due": {"dynamodb:Query"},
        "EventBus.Arn": {"events:PutEvents"},
        "StripeApiSecret.Id": SECRET,
        "SegpayApiSecret.Id": SECRET,
        "SegpayWebhookSecret.Id": SECRET,
        "SquareApiSecret.Id": SECRET,
        "PayPalApiSecret.Id": SECRET,
        "${FailedRecordsBucket.Arn}/provider-events/*": {"s3:PutObject"},
        "DeliveryWakes.Arn": {"sqs:SendMessage"},
        "ReconcilerLogs.Arn": WRITE_LOGS,
    },
    "HealthRole": {
        "CoreTable.Arn": {"dynamodb:GetItem"},
        "InboxTable.Arn": {"dynamodb:GetItem"},
        "HealthLogs.Arn": WRITE_LOGS,
    },
    "TracingPolicy": {"*": {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}},
}

# Each wildcard in a resource, with its reason. The same reason stands as a comment in the template.
