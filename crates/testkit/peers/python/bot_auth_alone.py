"""Web Bot Auth with the package `bot-auth`, which leaves nothing to choose."""

import json
import sys

import requests
from bot_auth import BotAuth

told = json.load(sys.stdin)
agent = BotAuth([told["jwk"]], f'"{told["directory"]}"')
answer = requests.get(told["url"], headers=agent.get_bot_signature_header(told["url"]))
json.dump("200" if answer.ok else f"{answer.status_code} {answer.json()['code']}", sys.stdout)
