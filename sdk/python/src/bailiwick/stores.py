"""Where a private key is kept: a file that its owner alone can read, the environment, memory, or
wherever you like: anything with `load` and `save` will do."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Protocol

from .errors import KeyUnusableError, UsageError
from .keys import SigningKey

_MAKE = "`bootstrap` makes a key, and so does `bailiwick key new FILE`"


class KeyStore(Protocol):
    """Keeps the text of one private JWK."""

    def load(self) -> str | None:
        """The text, or None where nothing was saved yet."""
        ...

    def save(self, text: str) -> None:
        """Keeps the text in place of what was there."""
        ...


class FileStore:
    """A file with one private JWK, as the CLI writes it: for its owner's eyes only."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def load(self) -> str | None:
        try:
            with self.path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                data = file.read(8 * 1024)
        except FileNotFoundError:
            return None
        except OSError as error:
            reason = error.strerror
        else:
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyUnusableError(
                    f"{self.path} can be read by others than its owner",
                    f"`chmod 600 {self.path}`; if others could read it, make a new key",
                )
            return data.decode("utf-8", "replace")
        raise KeyUnusableError(f"{self.path} cannot be read: {reason}", "check path and owner")

    def save(self, text: str) -> None:
        # Whole or not at all: a key that is lost is an agent that is lost.
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{self.path.name}.")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(f"{text}\n")
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, self.path)
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            reason = error.strerror
        else:
            return
        raise KeyUnusableError(f"{self.path} cannot be written: {reason}", "choose another place")

    def __repr__(self) -> str:
        return f"FileStore({str(self.path)!r})"


class EnvironmentStore:
    """A private JWK in an environment variable, which somebody else sets."""

    def __init__(self, variable: str = "BAILIWICK_KEY") -> None:
        self.variable = variable

    def load(self) -> str | None:
        return os.environ.get(self.variable)

    def save(self, text: str) -> None:
        raise UsageError(
            f"a new key cannot be kept in ${self.variable} by this process",
            "make the key with `bailiwick key new FILE` and set the variable, or use a FileStore",
        )

    def __repr__(self) -> str:
        return f"EnvironmentStore({self.variable!r})"


class MemoryStore:
    """Nowhere: the key ends with the process, and so does the agent's way in."""

    def __init__(self, text: str | None = None) -> None:
        self._text = text

    def load(self) -> str | None:
        return self._text

    def save(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "MemoryStore()"


def load_key(store: KeyStore) -> SigningKey | None:
    """The key that is stored. What is not a key is said without its text."""
    text = store.load()
    return None if text is None else read_key(text, f"what {store!r} holds")


def save_key(store: KeyStore, key: SigningKey) -> None:
    """Keeps a key."""
    store.save(json.dumps(key.private_jwk(), sort_keys=True))


def key_is_new(store: KeyStore, key: SigningKey) -> bool:
    """Whether another key, or none, is stored."""
    stored = load_key(store)
    return stored is None or stored.thumbprint != key.thumbprint


def read_key_file(path: str | os.PathLike[str]) -> SigningKey:
    """The key of a file that has to be there."""
    text = FileStore(path).load()
    if text is None:
        raise KeyUnusableError(f"there is no file {os.fspath(path)}", _MAKE)
    return read_key(text, os.fspath(path))


def read_key(text: str, where: str) -> SigningKey:
    """The key of this text."""
    try:
        return SigningKey.from_jwk(text.strip())
    except KeyUnusableError as error:
        message, hint = error.message, error.hint
    raise KeyUnusableError(f"{where} is no private key: {message}", hint)
