"""On behalf of people whom another issuer speaks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from server import EchoServer, Installation
from sign_on import AUDIENCE, SignOn, sign_on

from bailiwick import Client, TokenError

Enroll = Callable[..., Client]
URL = "/tickets-api/tickets/1"


@pytest.fixture
def issuer() -> Iterator[SignOn]:
    with sign_on() as server:
        yield server


@pytest.fixture
def stranger() -> Iterator[SignOn]:
    with sign_on() as server:
        yield server


def trust(installation: Installation, issuer: SignOn) -> str:
    """Trusts a sign-on for people, as far as this."""
    about = {"url": issuer.url, "audience": AUDIENCE, "person_scopes": ["tickets:read"]}
    added: dict[str, str] = installation.operate("POST", "/issuers", about)
    return added["id"]


@pytest.mark.parametrize("form", ["token", "dpop"])
def test_an_agent_acts_for_a_person_and_the_api_hears_of_both(
    installation: Installation, enroll: Enroll, issuer: SignOn, form: str
) -> None:
    trust(installation, issuer)
    client = enroll(credential=form)
    wide = "openid tickets:read tickets:write"
    subjects: list[dict[str, Any]] = [
        {"subject_token": issuer.says(scope=wide)},
        {"subject_token": issuer.asserts(scope=wide), "token_type": "jwt"},
        {"assertion": issuer.asserts(scope=wide)},
    ]
    for subject in subjects:
        told = client.on_behalf_of(**subject).get(URL).json()["headers"]
        people = installation.operate("GET", "/people")["people"]
        (ada,) = (person for person in people if person["issuer"] == issuer.url)
        assert ada["subject"] == "ada"
        assert told["x-agent-on-behalf-of"] == ada["id"]
        assert told["x-agent-id"] == client.agent.name
        assert told["x-agent-scopes"] == "tickets:read"
        wider = client.on_behalf_of(**subject, scopes=["tickets:write"])
        assert refused(wider.token).code == "invalid_scope"


def test_a_person_is_not_acted_for_on_the_word_of_an_issuer_that_is_not_trusted(
    installation: Installation,
    enroll: Enroll,
    upstream: EchoServer,
    issuer: SignOn,
    stranger: SignOn,
) -> None:
    trusted, client = trust(installation, issuer), enroll()
    before = len(upstream.received)
    subjects: list[dict[str, Any]] = [
        {"subject_token": stranger.says()},
        {"subject_token": stranger.says(iss=issuer.url)},
        {"subject_token": issuer.says(aud="another-app")},
        {"subject_token": issuer.says(client_id="agt_01jd8m3q5r7t9v1x3z5b7d9f1h")},
        # Nobody has agreed to anything here, which is what an ID token alone would be worth.
        {"subject_token": issuer.asserts(scope=None), "token_type": "id_token"},
    ]
    for subject in subjects:
        denied = refused(lambda subject=subject: client.on_behalf_of(**subject).get(URL))
        assert (denied.code, denied.status) == ("invalid_grant", 400)
    assert len(upstream.received) == before

    token = issuer.says()
    assert client.on_behalf_of(token).get(URL).status_code == 200
    installation.operate("DELETE", f"/issuers/{trusted}")
    with pytest.raises(TokenError, match="invalid_grant"):
        enroll().on_behalf_of(token).get(URL)


def refused(call: Callable[[], object]) -> TokenError:
    """How the authority refuses."""
    with pytest.raises(TokenError) as caught:
        call()
    return caught.value
