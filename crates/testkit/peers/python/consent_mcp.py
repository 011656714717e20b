"""A person's consent to an MCP client with the package `mcp`: told by the resource that a token is
needed, it finds the authorization server (RFC 9728, RFC 8414), sends the person there, and goes on
with a code (PKCE, RFC 8707, RFC 9207) and refresh tokens."""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)

told = json.load(sys.stdin)
registration = {
    "redirect_uris": [told["redirect_uri"]],
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code", "refresh_token"],
}


class Kept:
    """What the client remembers: every set of tokens that it got."""

    def __init__(self) -> None:
        self.tokens: list[OAuthToken] = []

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens[-1] if self.tokens else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens.append(tokens)

    async def get_client_info(self) -> OAuthClientInformationFull:
        return OAuthClientInformationFull(client_id=told["client_id"], **registration)

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        raise AssertionError("the client is registered already")


class Refused(Exception):
    """The person is asked again, and does not answer."""


async def main() -> None:
    kept, asked = Kept(), []
    answers = True

    async def send(url: str) -> None:
        if not answers:
            raise Refused
        asked.append(url)

    async def answer() -> AuthorizationCodeResult:
        async with httpx2.AsyncClient() as browser:
            answered = (await browser.post(told["person"], content=asked[-1])).text
        fields = {name: texts[0] for name, texts in parse_qs(urlsplit(answered).query).items()}
        return AuthorizationCodeResult(**fields)

    provider = OAuthClientProvider(
        told["api"], OAuthClientMetadata(**registration), kept, send, answer
    )

    async def call() -> int:
        async with httpx2.AsyncClient(auth=provider) as client:
            return (await client.get(told["url"])).status_code

    async def ends(tokens: OAuthToken) -> bool:
        """Renews with this token until it is good no more, and the person has to be asked again."""
        for _ in range(5):
            provider.context.current_tokens = tokens
            provider.context.token_expiry_time = 1
            try:
                await call()
            except Refused:
                return True
        return False

    statuses = [await call()]
    for _ in range(2):
        provider.context.token_expiry_time = 1  # long ago: the token is renewed before it is sent
        statuses.append(await call())
    answers = False
    spent = list(kept.tokens)
    verdicts = {
        "calls": statuses,
        "asked": len(asked),
        "scope": spent[0].scope,
        "rotated": len({it.refresh_token for it in spent}) == 3,
        "replayed": await ends(spent[0]),
        "ended": await ends(spent[2]),
    }
    json.dump(verdicts, sys.stdout)


asyncio.run(main())
