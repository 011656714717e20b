"""What every client is put through: each request is sent once, sent again as it is, and sent
with a change after it was signed. The verdicts are printed as JSON."""

import json
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import requests

Sign = Callable[[requests.Request], requests.PreparedRequest]

# What the test tells: keys, and the requests to make in `cases`.
told = json.load(sys.stdin)
session = requests.Session()


def trial(sign: Sign) -> None:
    """Puts a client, which makes a signed request of a plain one, through the trial."""
    verdicts = []
    for asked in told["cases"]:
        signed = sign(plain(asked))
        once, again = verdict(signed), verdict(signed)
        changed = verdict(change(sign(plain(asked))))
        verdicts.append({"once": once, "again": again, "changed": changed})
    json.dump(verdicts, sys.stdout)


def plain(asked: dict) -> requests.Request:
    """The request of a case."""
    headers = {"Content-Type": "application/json"} if asked["body"] else {}
    return requests.Request(asked["method"], asked["url"], headers, data=asked["body"])


def verdict(request: requests.PreparedRequest) -> str:
    """Sends a request; the status of the answer, and the code of a refusal."""
    answer = session.send(request)
    return "200" if answer.ok else f"{answer.status_code} {answer.json()['code']}"


def change(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """The request with another body, or at another path where it has none."""
    if request.body:
        request.prepare_body('{"changed":true}', files=None)
    else:
        url = urlsplit(request.url)
        request.url = url._replace(path=f"{url.path}0").geturl()
    return request
