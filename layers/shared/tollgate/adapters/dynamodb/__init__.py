"""Repositories on two DynamoDB tables. Keys and access patterns are in `docs/data-model.md`."""
