"""Opening what was sealed to this process (RFC 9180): base mode, DHKEM(X25519, HKDF-SHA256),
HKDF-SHA256, AES-128-GCM; one message for each key."""

from __future__ import annotations

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import AnswerError

_KEM = b"KEM" + (0x0020).to_bytes(2, "big")
_SUITE = b"HPKE" + b"".join(it.to_bytes(2, "big") for it in (0x0020, 0x0001, 0x0001))


def open_sealed(
    recipient: X25519PrivateKey, enc: bytes, ciphertext: bytes, *, info: bytes, aad: bytes
) -> bytes:
    """The message that was sealed to the recipient."""
    try:
        shared = _shared(recipient, enc)
        context = b"\x00" + _extract(_SUITE, b"", b"psk_id_hash", b"")
        context += _extract(_SUITE, b"", b"info_hash", info)
        secret = _extract(_SUITE, shared, b"secret", b"")
        key = _expand(_SUITE, secret, b"key", context, 16)
        nonce = _expand(_SUITE, secret, b"base_nonce", context, 12)
        return AESGCM(key).decrypt(nonce, ciphertext, aad)
    except (InvalidTag, ValueError):
        pass
    raise AnswerError("what the server sealed cannot be opened", "ask it again")


def _shared(recipient: X25519PrivateKey, enc: bytes) -> bytes:
    """Decap (RFC 9180, section 4.1)."""
    exchanged = recipient.exchange(X25519PublicKey.from_public_bytes(enc))
    context = enc + recipient.public_key().public_bytes_raw()
    prk = _extract(_KEM, b"", b"eae_prk", exchanged)
    return _expand(_KEM, prk, b"shared_secret", context, 32)


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    """LabeledExtract (RFC 9180, section 4; RFC 5869, section 2.2)."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, "sha256")


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand for at most one block (RFC 9180, section 4; RFC 5869, section 2.3)."""
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, labeled + b"\x01", "sha256")[:length]
