"""DPoP (RFC 9449): a key of this process, and a proof of it for each request."""

from __future__ import annotations

import hashlib

from . import jws
from .encoding import to_base64url
from .keys import SigningKey, generate_key
from .sign import Target, nonce


class DpopKey:
    """A key that exists for as long as this process unless another one is given, and the servers'
    latest nonces."""

    def __init__(self, key: SigningKey | None = None) -> None:
        self._key = key or generate_key()
        self._nonces: dict[str, str] = {}

    def by(self, key: SigningKey) -> DpopKey:
        """The same for another key: servers' nonces are for whichever."""
        other = DpopKey(key)
        other._nonces = self._nonces
        return other

    def proof(self, target: Target, token: str | None, now: float) -> str:
        """The proof for this request, and for the token that goes with it."""
        claims: dict[str, object] = {
            "jti": nonce(),
            "htm": target.method,
            "htu": f"{target.origin}{target.path}",
            "iat": int(now),
        }
        if token is not None:
            claims["ath"] = to_base64url(hashlib.sha256(token.encode("ascii")).digest())
        if target.origin in self._nonces:
            claims["nonce"] = self._nonces[target.origin]
        public = self._key.public
        header = {"typ": "dpop+jwt", "jwk": public.jwk if public else {}}
        return jws.sign(self._key, header, claims)

    def learn(self, origin: str, given: str | None) -> bool:
        """Takes the `DPoP-Nonce` of an answer; whether there was a new one."""
        if not given or len(given) > 256 or self._nonces.get(origin) == given:
            return False
        self._nonces[origin] = given
        return True

    def knows(self, origin: str) -> bool:
        """Whether that origin gave a nonce."""
        return origin in self._nonces

    def __repr__(self) -> str:
        return f"DpopKey({self._key.thumbprint})"
