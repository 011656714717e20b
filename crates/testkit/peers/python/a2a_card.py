"""Fetches the card of an agent as it tells it. Reads {"url"}, and writes the card."""

import json
import sys

import httpx

told = json.load(sys.stdin)
found = httpx.get(f"{told['url']}/.well-known/agent-card.json")
json.dump(found.raise_for_status().json(), sys.stdout)
