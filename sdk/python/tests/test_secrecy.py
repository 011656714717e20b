"""A private key is in no text that anybody might see."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bailiwick import (
    AccessToken,
    Client,
    FileStore,
    MemoryStore,
    SigningKey,
    Wallet,
    bootstrap,
    generate_key,
)
from bailiwick.credentials import exchange
from bailiwick.dpop import DpopKey
from bailiwick.keys import MacKey

SECRET = {"kty": "oct", "k": "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8"}


def things() -> dict[str, tuple[Any, list[str]]]:
    """What a developer may hold, with what must not be seen of it."""
    made: dict[str, tuple[Any, list[str]]] = {}
    for algorithm in ("ed25519", "p256"):
        key = generate_key(algorithm)  # type: ignore[arg-type]
        hidden = [key.private_jwk()["d"]]
        made[algorithm] = (key, hidden)
        client = Client("http://127.0.0.1:1", key=key, gateway="http://127.0.0.1:1")
        made[f"{algorithm} client"] = (client, hidden)
        made[f"{algorithm} session"] = (client._session, hidden)
        made[f"{algorithm} auth"] = (client.auth(), hidden)
        made[f"{algorithm} task"] = (client.task("x"), hidden)
        text = json.dumps(key.private_jwk())
        made[f"{algorithm} store"] = (MemoryStore(text), hidden)
    made["secret"] = (SigningKey.from_jwk(SECRET), [SECRET["k"]])
    made["mac"] = (MacKey(bytes(range(64, 96))), [SECRET["k"], "@ABCDEF"])
    token = "eyJ.secret.token"
    made["token"] = (AccessToken(token, "Bearer", ("a:b",), 1.0), [token])
    made["grant"] = (exchange(token), [token])
    made["dpop"] = (DpopKey(), [])
    made["wallet"] = (Wallet("0x" + "ab" * 20, lambda message: message), [])
    return made


THINGS = things()


@pytest.mark.parametrize("name", THINGS)
def test_nothing_prints_a_secret(name: str) -> None:
    thing, hidden = THINGS[name]
    shown = f"{thing!r} {thing!s} {thing} {[thing]} {(thing,)}"
    stream = io.StringIO()
    logger = logging.getLogger(f"secrecy-{name}")
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    logger.error("%s %r", thing, thing)
    logger.removeHandler(handler)
    for text in hidden:
        assert text not in shown
        assert text not in stream.getvalue()


SEALED = [name for name in THINGS if name not in ("token", "grant") and "store" not in name]


@pytest.mark.parametrize("name", SEALED)
def test_what_holds_a_key_is_neither_pickled_nor_copied(name: str) -> None:
    thing, _ = THINGS[name]
    for serialize in (pickle.dumps, copy.deepcopy, lambda it: json.dumps(it)):
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
            serialize(thing)


def test_no_error_holds_the_key_that_was_wrong(tmp_path: Path) -> None:
    jwk = generate_key().private_jwk()
    wrongs = [
        json.dumps(jwk)[:-1],
        json.dumps(jwk | {"x": "AA"}),
        json.dumps(jwk | {"alg": "none"}),
        json.dumps(jwk | {"kty": "RSA"}),
        json.dumps(generate_key().private_jwk() | {"d": jwk["d"]}),
        json.dumps([jwk]),
        json.dumps(jwk | {"d": jwk["d"] + "="}),
        jwk["d"],
    ]
    path = tmp_path / "agent.key"
    attempts: list[Callable[[str], Any]] = [
        lambda text: SigningKey.from_jwk(text),
        lambda text: Client("http://127.0.0.1:1", key=path),
        lambda text: Client("http://127.0.0.1:1", store=MemoryStore(text)),
        lambda text: bootstrap(
            "http://127.0.0.1:1",
            name="agent",
            owner="o",
            purpose="p",
            invite_code="i",
            store=FileStore(path),
        ),
    ]
    path.touch(0o600)
    for text in wrongs:
        path.write_text(text)
        for attempt in attempts:
            with pytest.raises(Exception) as caught:
                attempt(text)
            assert jwk["d"] not in told(caught.value)


def told(error: BaseException | None) -> str:
    """All that an error, and those behind it, say and hold."""
    text = "".join(traceback.format_exception(error)) if error else ""
    while error is not None:
        text += f"{error!r} {error.args!r} {vars(error)!r}"
        error = error.__context__ or error.__cause__
    return text
