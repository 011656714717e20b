"""An agent that is known by its Ethereum account: the account signs each request (ERC-8128)."""

import os

from eth_account import Account
from eth_account.messages import encode_defunct

from bailiwick import Wallet, bootstrap

# A key of your own, from a keystore or a signing service; it never comes into the client.
account = Account.from_key(os.environ["WALLET_KEY"])


def sign(message: bytes) -> bytes:
    return bytes(account.sign_message(encode_defunct(message)).signature)


if __name__ == "__main__":
    with bootstrap(
        os.environ["BAILIWICK_URL"],
        invite_code=os.environ["BAILIWICK_INVITE"],
        name=os.environ.get("AGENT_NAME", "trader"),
        owner="support@acme.example",
        purpose="trades",
        wallet=Wallet(account.address, sign),
    ) as client:
        print(client.get("/tickets-api/tickets/42").json()["path"], account.address.lower())
