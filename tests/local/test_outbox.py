"""The mails that were sent are shown at one place, the newest first, as text and without running anything of them."""

from __future__ import annotations

from typing import Any

import pytest

from local.engine import engine_environment
from local.engine_repairs.sent_mails import naming_the_sender
from local.settings import MAIL_SENDER, LocalSettings
from tests.local.laptop import Laptop, eventually

pytestmark = pytest.mark.e2e


def send(laptop: Laptop, subject: str, html: str = "<p>1</p>", to: str = "zoe@mail.example") -> None:
    body = {"Text": {"Data": f"Text of {subject} <1>"}, "Html": {"Data": html}}
    laptop.aws("sesv2").send_email(
        FromEmailAddress=MAIL_SENDER,
        Destination={"ToAddresses": [to]},
        Content={"Simple": {"Subject": {"Data": subject}, "Body": body}},
    )


def outbox(laptop: Laptop) -> list[dict[str, Any]]:
    mails: list[dict[str, Any]] = laptop.get("/local/outbox?format=json").json()["mails"]
    return mails


def test_the_newest_mail_comes_first_with_all_that_it_says(laptop: Laptop) -> None:
    send(laptop, "older")
    send(laptop, "newer", "<p>é</p>")
    first, second = outbox(laptop)[:2]
    assert (first["subject"], second["subject"]) == ("newer", "older")
    assert (first["from"], first["to"]) == (MAIL_SENDER, ["zoe@mail.example"])
    assert (first["text"], first["html"]) == ("Text of newer <1>", "<p>é</p>")
    accepting = laptop.get("/local/outbox", headers={"accept": "application/json"})
    assert accepting.json()["mails"] == outbox(laptop)
    assert laptop.info()["urls"]["outbox"] == f"{laptop.url}/local/outbox"


def test_what_a_mail_says_is_shown_and_not_run(laptop: Laptop) -> None:
    send(laptop, "<script>alert(1)</script>", '"></iframe><script>alert(2)</script>', "<i>@mail.example")
    page = laptop.get("/local/outbox")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert "<i>" not in page.text
    assert "Text of &lt;script&gt;" in page.text
    assert "<iframe sandbox " in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_another_web_page_cannot_read_them(laptop: Laptop) -> None:
    assert laptop.get("/local/outbox", headers={"origin": "https://evil.example"}).status_code == 403
    assert laptop.get("/local/outbox", headers={"host": "evil.example"}).status_code == 400


def test_mails_survive_a_kill_and_no_log_names_whom_they_went_to(own_laptop: Laptop) -> None:
    own_laptop.start({"TOLLGATE_ENGINE_LOG_LEVEL": "INFO"})
    send(own_laptop, "kept", to="somebody.else@mail.example")
    own_laptop.post("/echo/checkpoint", {})
    own_laptop.kill_everything()
    own_laptop.start()
    assert eventually(lambda: [each["subject"] for each in outbox(own_laptop)]) == ["kept"]
    send(own_laptop, "sent after that")
    assert [each["subject"] for each in outbox(own_laptop)] == ["sent after that", "kept"]
    for log in own_laptop.state.rglob("*.log"):
        assert "somebody.else" not in log.read_text(errors="replace"), log
    own_laptop.post("/local/reset", {})
    assert outbox(own_laptop) == []


def test_sending_is_judged_by_the_sender_and_all_else_as_before() -> None:
    judged = naming_the_sender(lambda *_: "as before")
    body = b'{"FromEmailAddress": "mails@tollgate.local"}'
    arn = "arn:aws:ses:us-east-1:000000000000:identity/mails@tollgate.local"
    assert judged("POST", "/v2/email/outbound-emails", body, "us-east-1", "000000000000") == arn
    assert judged("GET", "/v2/email/identities", b"", "us-east-1", "000000000000") == "as before"


def test_the_developers_own_mail_server_gets_none_of_them() -> None:
    """The engine passes mails on to SMTP_HOST, where there is one."""
    assert "SMTP_HOST" not in engine_environment(LocalSettings(), {"SMTP_HOST": "mail.example:25"})
