"""The ledger: what every movement of money did to whom, in double entry, and what each account comes to."""
