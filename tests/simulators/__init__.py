"""The simulators, driven the way their users drive them: by the official SDK, by a browser, by signed webhooks."""
