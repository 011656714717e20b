"""Requests signed by an Ethereum account (ERC-8128). The account's key stays where it is: a
function that is passed in signs."""

from __future__ import annotations

import re
from collections.abc import Callable

from . import sign
from .errors import KeyUnusableError
from .sign import WINDOW_SECONDS, Target

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}\Z")
TAG = "erc8128"


class Wallet:
    """An Ethereum account.

    `sign` takes a message and returns its 65-byte signature by ERC-191 (`personal_sign`), as
    `account.sign_message(encode_defunct(message)).signature` of `eth-account` does. `draft` says
    in which form it is sent: the current draft's, or, if false, that of the first clients.
    """

    def __init__(
        self,
        address: str,
        sign: Callable[[bytes], bytes],
        *,
        chain: int = 1,
        draft: bool = True,
    ) -> None:
        if not _ADDRESS.match(address):
            raise KeyUnusableError(
                "that is not the address of an account", "it is `0x` and 40 hexadecimal digits"
            )
        self.address = address.lower()
        self.chain = chain
        self.draft = draft
        self._sign = sign

    @property
    def keyid(self) -> str:
        """The account's name in signatures."""
        return f"{'eip155' if self.draft else 'erc8128'}:{self.chain}:{self.address}"

    def sign(self, target: Target, now: float) -> dict[str, str]:
        """The fields to send. All that the server asks to be covered is."""
        covered = self.covered(target)
        created = int(now)
        parameters = (
            f"({' '.join(covered)});created={created};expires={created + WINDOW_SECONDS}"
            f';nonce="{sign.nonce()}";keyid="{self.keyid}"'
        )
        parameters += f';tag="{TAG}"' if self.draft else ""
        lines = [f"{name}: {value}" for name, value in covered.items()]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        label = "request" if self.draft else "eth"
        return sign.fields(label, parameters, self._signed(base.encode("latin-1")), target.digest)

    def covered(self, target: Target) -> dict[str, str]:
        """The components and their values, in order."""
        values = {
            '"@scheme"': target.scheme if self.draft else None,
            '"@authority"': target.authority,
            '"@method"': target.method,
            '"@path"': target.path,
            '"@query"': f"?{target.query or ''}"
            if self.draft or target.query is not None
            else None,
            '"content-digest"': target.digest,
            '"content-type"': target.content_type if self.draft else None,
            '"authorization"': target.authorization,
        }
        return {name: value for name, value in values.items() if value is not None}

    def _signed(self, base: bytes) -> bytes:
        signature = bytes(self._sign(base))
        if len(signature) != 65:
            raise KeyUnusableError(
                "the wallet's signature has not 65 bytes", "sign by ERC-191 (`personal_sign`)"
            )
        return signature

    def __repr__(self) -> str:
        return f"Wallet({self.keyid})"

    def __reduce_ex__(self, protocol: object) -> str:
        raise TypeError("a wallet is neither pickled nor copied")
