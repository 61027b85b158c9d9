"""What the page is made of: samples, the ring of the last minutes, tokens, the journal, live messages."""

from __future__ import annotations

import asyncio
import os
import stat
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from mallee.errors import ErrorDocument, ExitCode, MalleeError
from mallee.pod.document import PodDocument
from mallee.pod.following import Seen
from mallee.web import live as live_module
from mallee.web.journal import LOG, ActionJournal, CannotNote, Entry
from mallee.web.live import Counters, Live
from mallee.web.ring import Ring
from mallee.web.roles import Role
from mallee.web.samples import samples
from mallee.web.tokens import TokenStore

from .. import documents
from ..virtual_loop import run_virtual
from .pages import NOW


def later(document: PodDocument, seconds: float) -> PodDocument:
    return msgspec.structs.replace(document, time=document.time + timedelta(seconds=seconds), scan=document.scan + 1)


def test_every_number_of_a_document_has_the_name_of_its_register() -> None:
    found = {sample.name: sample for sample in samples(documents.troubled())}
    assert found["skid-1.supply_temperature"][1:5] == ("skid", "supply_temperature", "degC", 38.2)
    assert found["skid-1.pump_speed.2"].value == 60.9 and found["skid-1.pump_speed.2"].labels["pump"] == "2"
    assert found["pdu-a1.branch.3.power"].labels == {"device": "pdu-a1", "branch": "3", "rack": "rack-1"}
    assert found["pdu-a1.phase_current.1"].labels["phase"] == "1"
    assert found["feed A.main"].unit == "A" and found["rack-1.rated"].value == 120.0 and found["pod.heat"].unit == "kW"
    assert "skid-1.mode" not in found and "skid-1.pump_state.1" not in found  # words
    names = [sample.name for sample in samples(documents.document())]
    assert len(names) == len(set(names)) > 250


def test_what_is_stale_or_unknown_has_no_number() -> None:
    found = {sample.name: sample.value for sample in samples(documents.troubled())}
    assert found["skid-2.supply_temperature"] is None  # stale
    assert found["pdu-b2.power"] is None  # never heard
    assert found["skid-1.facility_supply_temperature"] is None  # sensor fault


def test_the_ring_keeps_a_quarter_of_an_hour_and_tells_what_was_not_known() -> None:
    ring, document = Ring(kept_s=10), documents.document()
    for second in range(15):
        ring.add(later(document, second))
    ring.add(later(document, 14))  # the same again
    begin = round(document.time.timestamp() * 1000)
    (run,) = ring.runs(["skid-1.flow"], 0, 1 << 60)
    assert run.unit == "l/min" and run.times_ms == [begin + 1000 * n for n in range(5, 15)]
    assert run.values == [1192.0] * 10
    ring.add(later(documents.troubled(), 15))
    assert ring.runs(["skid-2.flow"], begin + 14_000, begin + 15_000)[0].values == [1192.0, None]
    assert ring.names()["skid-2.flow"] == "l/min"
    ring.add(later(document, 3))  # the computer's clock went back
    assert ring.runs(["skid-1.flow"], 0, 1 << 60)[0].times_ms == [begin + 3000]


def test_a_token_is_shown_once_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "deep" / "tokens.json")
    secret = store.add("ada", Role.OPERATOR, NOW)
    text = store.path.read_text()
    assert secret.startswith("mallee_") and len(secret) == 50 and secret not in text and secret[7:] not in text
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    owner = TokenStore(store.path).owner(secret)
    assert owner is not None and (owner.name, owner.role, owner.created) == ("ada", Role.OPERATOR, NOW)
    for wrong in ("", "mallee_", secret[:-1], secret + "x", "\ud800"):
        assert store.owner(wrong) is None


def test_a_revoked_token_is_not_taken_by_a_page_that_runs(tmp_path: Path) -> None:
    running, other = TokenStore(tmp_path / "t.json"), TokenStore(tmp_path / "t.json")
    assert running.all() == ()
    ada, bob = other.add("ada", Role.VIEWER, NOW), other.add("bob", Role.ENGINEER, NOW)
    assert running.owner(ada) and running.owner(bob)
    other.revoke("ada")
    assert running.owner(ada) is None and running.owner(bob)
    (tmp_path / "t.json").unlink()
    assert running.owner(bob) is None


@pytest.mark.parametrize(
    ("act", "code", "what", "next_step"),
    [
        (lambda store: store.add("ada", Role.VIEWER, NOW), ExitCode.REFUSED, "already", "revoke ada"),
        (lambda store: store.add("a b", Role.VIEWER, NOW), ExitCode.USAGE, "no name", "letters"),
        (lambda store: store.add("x" * 41, Role.VIEWER, NOW), ExitCode.USAGE, "no name", "40"),
        (lambda store: store.revoke("adda"), ExitCode.USAGE, "no token of 'adda'", "did you mean 'ada'?"),
    ],
)
def test_wrong_names_of_tokens_are_told(tmp_path: Path, act, code, what, next_step) -> None:
    store = TokenStore(tmp_path / "t.json")
    store.add("ada", Role.VIEWER, NOW)
    with pytest.raises(MalleeError, match=what) as error:
        act(store)
    assert error.value.code is code and next_step in error.value.next


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_tokens_that_others_may_write_are_not_believed(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "t.json")
    store.add("ada", Role.VIEWER, NOW)
    store.path.chmod(0o622)
    with pytest.raises(MalleeError, match="others may write") as error:
        store.all()
    assert "chmod 600" in error.value.next
    store.path.chmod(0o600)
    store.path.write_text("[{]")
    with pytest.raises(MalleeError, match="cannot be read"):
        store.all()


def test_roles_are_in_order() -> None:
    assert [[has.may(needed) for needed in Role] for has in Role] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


def test_the_journal_is_read_back_and_says_when_it_cannot_be_written(tmp_path: Path) -> None:
    journal = ActionJournal(tmp_path / "pod")
    entry = Entry(time=NOW, id="1", by="ada", role=Role.OPERATOR, verb="acknowledge", target="skid-1: flow_low")
    journal.note(entry)
    with (tmp_path / "pod" / LOG).open("a") as file:
        file.write("torn")
    journal.note(msgspec.structs.replace(entry, outcome="done"))
    entries, unreadable = journal.entries()
    assert [each.outcome for each in entries] == ["asked", "done"] and unreadable == 1
    (tmp_path / "file").touch()
    with pytest.raises(CannotNote, match="cannot be written") as error:
        ActionJournal(tmp_path / "file").note(entry)
    assert "disk is full" in error.value.likely and error.value.code is ExitCode.USAGE


def test_everybody_gets_the_newest_document_and_who_is_slow_is_let_go() -> None:
    async def scenario() -> None:
        live = Live(Counters())
        seen = Seen(documents.document(), "host")
        live.hear(seen)
        fast, slow = live.messages(), live.messages()
        first = await anext(fast)
        assert first.startswith(b"event: pod\ndata: {") and first.endswith(b"}\n\n") and b"\n" not in first[16:-2]
        decoded = msgspec.json.decode(first.split(b"data: ", 1)[1], type=Seen)
        assert decoded.document.pod == seen.document.pod and decoded.source == "host"
        assert await anext(slow) == first and live.subscribers == 2
        for second in range(1, 9):
            live.hear(Seen(later(seen.document, second), "host"))
            assert (await anext(fast)).startswith(b"event: pod")
        assert live.subscribers == 1 and live.counters.subscribers_dropped == 1
        with pytest.raises(StopAsyncIteration):
            await anext(slow)
        assert await anext(fast) == b": still here\n\n"  # virtual time goes on while nobody speaks
        live.close()
        with pytest.raises(StopAsyncIteration):
            await anext(fast)
        assert live.subscribers == 0

    run_virtual(scenario())


def test_a_source_that_cannot_go_on_is_told_and_no_fault_of_the_page() -> None:
    async def source():
        yield Seen(documents.document(), "own")
        raise MalleeError("the line is gone", "a cable", "look", ExitCode.NO_ANSWER)

    async def scenario() -> None:
        live = Live(Counters())
        messages = live.messages()
        waiting = asyncio.ensure_future(anext(messages))
        await asyncio.sleep(0)
        await live.run(source())
        assert (await waiting).startswith(b"event: pod")
        assert live.trouble == ErrorDocument(3, "the line is gone", "a cable", "look")
        assert (await anext(messages)).startswith(b'event: trouble\ndata: {"code":3')
        assert live.counters.source_errors == 1 and live.age_s is not None

    run_virtual(scenario())


def test_there_is_an_end_to_how_many_may_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "MOST_SUBSCRIBERS", 1)

    async def scenario() -> None:
        live = Live(Counters())
        live.hear(Seen(documents.document(), "host"))
        assert not live.full()
        messages = live.messages()
        await anext(messages)
        assert live.full() and live.counters.subscribers_refused == 1
        await messages.aclose()  # pyright: ignore[reportAttributeAccessIssue]
        assert not live.full()

    run_virtual(scenario())
