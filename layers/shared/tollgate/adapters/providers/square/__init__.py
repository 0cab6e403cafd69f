"""Square: hosted checkout by payment links, refunds, disputes and webhooks, over its REST API."""
