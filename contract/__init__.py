"""What Tollgate promises to those who call it and to those who listen: the HTTP API and the events.

`make docs` writes it down as docs/api/openapi.json and docs/events/. Nothing here is deployed, so that no function pays
for it when it starts; tests hold the functions to it.
"""
