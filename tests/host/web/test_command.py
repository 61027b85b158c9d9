"""`mallee serve` and its tokens, as a person gives them."""

from __future__ import annotations

import csv
import io
import socket
import sys
from collections.abc import Callable

import pytest
from mallee.paths import pod_state_dir, user_config_dir
from mallee.web.journal import ActionJournal, Entry
from mallee.web.roles import Role
from mallee.web.tokens import FILE, TokenStore

from ..commanding import Ran
from ..peers_in_thread import PeersInThread
from .pages import NOW


def test_it_says_where_it_is_and_who_may_act(mallee: Callable[..., Ran]) -> None:
    ran = mallee("serve", "--port", "0", "--for", "50ms")
    assert ran.code == 0 and ran.out == ""
    assert "small pod: http://127.0.0.1:" in ran.err and "nobody may act" in ran.err and "warning" not in ran.err
    mallee("serve", "token", "add", "ada", "--role", "operator")
    ran = mallee("serve", "--port", "0", "--for", "50ms", "--host", "0.0.0.0")
    assert ran.code == 0 and "1 tokens may act" in ran.err
    mallee("serve", "token", "revoke", "ada")
    assert (
        "nobody may look: `mallee serve token add NAME`"
        in mallee("serve", "--port", "0", "--for", "50ms", "--private").err
    )
    assert "warning: plain HTTP on 0.0.0.0" in ran.err and "docs/web.md" in ran.err


def test_a_token_is_printed_once(mallee: Callable[..., Ran]) -> None:
    ran = mallee("serve", "token", "add", "ada", "--role", "engineer")
    secret = ran.out.strip()
    assert ran.code == 0 and secret.startswith("mallee_") and "not shown again" in ran.err
    owner = TokenStore().owner(secret)
    assert owner is not None and owner.role is Role.ENGINEER
    (made,) = mallee("serve", "token", "add", "grafana", "-o", "json").json
    assert made["role"] == "viewer" and TokenStore().owner(made["token"])
    rows = mallee("serve", "token", "list", "-o", "json").json
    assert [(row["name"], row["role"], set(row)) for row in rows] == [
        ("ada", "engineer", {"name", "role", "created"}), ("grafana", "viewer", {"name", "role", "created"}),
    ]  # fmt: skip
    assert secret not in mallee("serve", "token", "list").out
    assert "revoked: ada" in mallee("serve", "token", "revoke", "ada").err and TokenStore().owner(secret) is None


def test_who_did_what_is_shown(mallee: Callable[..., Ran], peers: PeersInThread) -> None:
    assert mallee("serve", "journal", "-o", "json").json == []
    pod = peers.pod.config.pod
    journal = ActionJournal(pod_state_dir(pod.name, pod.host_id))
    for number in range(3):
        entry = Entry(time=NOW, id=str(number), by="ada", role=Role.OPERATOR, verb="shelve", target="skid-1: flow_low")
        journal.note(entry)
    assert [row["id"] for row in mallee("serve", "journal", "-o", "json", "-n", "2").json] == ["1", "2"]
    (first, *_) = csv.DictReader(io.StringIO(mallee("serve", "journal", "-o", "csv").out))
    assert first["by"] == "ada" and first["outcome"] == "asked"


def test_bad_input_says_what_why_and_what_next(mallee: Callable[..., Ran]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        cases = (
            (["serve", "--port", port], 2, f"cannot listen on 127.0.0.1:{port}", "--port 8035"),
            (["serve", "--host", "192.0.2.77", "--port", "0"], 2, "cannot listen on 192.0.2.77", "--host"),
            (["serve", "--host", "no.such.invalid", "--port", "0"], 2, "no.such.invalid", "--host"),
            (["serve", "--port", "70000"], 2, "70000", "--port"),
            (["serve", "--for", "soon"], 2, "not a duration", "500ms"),
            (["serve", "--config", "nowhere.toml"], 2, "nowhere.toml", ""),
            (
                ["serve", "token", "add", "ada", "--role", "admin"],
                2,
                "'admin' is no role",
                "viewer, operator, engineer",
            ),
            (["serve", "token", "add", "a/b"], 2, "no name", "letters"),
            (["serve", "token", "revoke", "ada"], 2, "no token of 'ada'", "token add"),
            (["serve", "--prot", "1"], 2, "--prot", "--port"),
        )
        for arguments, code, what, next_step in cases:
            ran = mallee(*arguments)
            assert ran.code == code and ran.out == "", arguments
            lines = {line.partition(": ")[0]: line.partition(": ")[2] for line in ran.err.splitlines()}
            assert what in lines["error"] and lines["likely"] and next_step in lines["next"], ran.err


def test_a_disk_that_is_full_is_told(mallee: Callable[..., Ran]) -> None:
    user_config_dir().parent.mkdir(parents=True, exist_ok=True)
    user_config_dir().touch()  # no folder can be made there: as where nothing can be written
    ran = mallee("serve", "token", "add", "ada")
    assert ran.code == 2 and FILE in ran.err and "likely" in ran.err and ran.out == ""


def test_without_the_extra_it_says_what_to_install(mallee: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mallee.web.serving", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    ran = mallee("serve", "--port", "0")
    assert ran.code == 2 and "there is no uvicorn" in ran.err and "pip install 'mallee[web]'" in ran.err
