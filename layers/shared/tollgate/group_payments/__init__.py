"""Groups that pay for something together: who owes which share, until when, and where the money goes if not all pay."""
