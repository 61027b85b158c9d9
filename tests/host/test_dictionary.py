"""The dictionary compiler: what it takes from the maps, what it refuses, and that the result travels unchanged."""

import shutil

import pytest
from mallee import resources
from mallee.deploy.dictionary import PROFILES, MapError, compile_profile
from mallee.device.dictionary import LATCHED, decode, encode, hash_of
from mallee.device.selecting import select

from ..conftest import FIRMWARE


@pytest.mark.parametrize("profile", PROFILES)
def test_round_trip_and_stable_hash(profile):
    dictionary = resources.dictionary(profile)
    data = encode(dictionary)
    assert decode(data) == dictionary
    assert encode(compile_profile(FIRMWARE / "maps", profile)) == data
    assert hash_of(decode(data)) == hash_of(dictionary)
    assert len(data) < 20_000  # one Modbus file


@pytest.mark.parametrize("profile", PROFILES)
def test_every_point_and_alarm_says_what_it_means(profile):
    dictionary = resources.dictionary(profile)
    for point in dictionary.points:
        assert point.meaning.endswith("."), point.name
    for alarm in dictionary.alarms:
        for text in (alarm.condition, alarm.cause, alarm.consequence, alarm.remedy):
            assert text.endswith("."), alarm.name


def test_common_registers_stand_at_the_same_addresses():
    pump, pdu = resources.dictionary("pump").by_name, resources.dictionary("pdu").by_name
    common = set(pump) & set(pdu) - {"quality"}
    assert {"magic", "sequence", "state", "remote_epoch", "lease_hold", "uptime"} <= common
    for name in common:
        assert (pump[name].table, pump[name].address, pump[name].kind) == (
            pdu[name].table,
            pdu[name].address,
            pdu[name].kind,
        )


def test_arrays_become_numbered_points_with_their_own_quality():
    pdu = resources.dictionary("pdu").by_name
    assert pdu["branch.3.power"].address == pdu["branch.2.power"].address + 3
    assert pdu["branch.3.power"].quality_slot == 2
    assert pdu["branch.8.voltage.3"].address == 200 + 7 * 25 + 2
    assert resources.dictionary("pump").by_name["supply_temperature_sensor.2"].quality_slot == 2


SUPPLY = 'supply_temperature_setpoint = s16(211, -2, "degC", low=15, '
FLOW = 'remote_flow = u16(107, -1, "l/min", low=0, '


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (SUPPLY + "high=55", SUPPLY + "high=5500", "do not fit"),
        (FLOW + "high=2500", FLOW + "high=6553.5", "sentinel"),
        ("heat = u16(133", "heat = = u16(133", "invalid syntax"),
        ("delay_ms=500)", "delay_ms=550)", "multiple of 100 ms"),
        ("delay_ms=500)", "delay_ms=900000)", "819100 ms at most"),
        ("delay_ms=500)", "delay_ms=500, deadband=16)", "deadband is 0 to 15 %"),
        ("count=2, priority", "count=16, priority", "at most 15 of it"),
        ("flow = u16(126,", "flow = u16(125,", "overlaps"),
        ('    """Secondary flow of this skid."""\n    facility', "    facility", "has no meaning"),
        ("dry_run = alarm(16,", "dry_run = alarm(17,", "is taken"),
        ("dry_run = alarm(16,", "dry_run = alarm(200,", "outside"),
        ("Remedy: find and mend", "Do: find and mend", "Cause:"),
        ("mode = enum(141, Mode)", "mode = enum(141, Moed)", "no enumeration Moed"),
        ("heat = u16(133, -1, \"kW\"", "heat = u16(133, sclae=1", "takes no sclae"),
        ("class Measurement(Input)", "class Measurement(Inptu)", "derives from none"),
        ("heat = u16(133", "heat = float(133", "declared with a function"),
        ("remote_heat = u16(109", "heat = u16(109", "declared twice"),
        ("(Settings.minimum_speed, Settings.preset_speed)", "(Settings.minimum_speed, Settings.droop)", "kind and scale"),
        ("(Settings.minimum_speed, Settings.preset_speed)", "(Settings.preset_speed, Settings.minimum_speed)", "in order"),
        ("(Settings.minimum_speed, Settings.preset_speed)", "(Settings.minimum_speed, Settings.preset)", "preset"),
        ("(Settings.minimum_speed, Settings.preset_speed)", "(Settings.minimum_speed, 5)", "a pair is"),
    ],
)  # fmt: skip
def test_a_bad_map_is_refused_with_file_and_reason(tmp_path, old, new, complaint):
    maps = tmp_path / "maps"
    shutil.copytree(FIRMWARE / "maps", maps)
    (path,) = (path for path in maps.glob("pump*.py") if old in path.read_text(encoding="utf-8"))
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(MapError, match=complaint) as raised:
        compile_profile(maps, "pump")
    assert "maps/pump" in str(raised.value)


@pytest.mark.parametrize("data", [b"", b"garbage", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_garbage_is_not_a_dictionary(data):
    with pytest.raises(ValueError, match="not a dictionary"):
        decode(data)


def test_a_damaged_dictionary_is_refused():
    data = encode(resources.dictionary("pump"))
    for at in range(0, len(data), 97):
        damaged = bytearray(data)
        damaged[at] ^= 0x55
        with pytest.raises(ValueError, match=r"not a dictionary|format"):
            decode(bytes(damaged))


@pytest.mark.parametrize("profile", PROFILES)
def test_the_latched_copy_has_every_point_of_the_fast_block_in_its_place(profile):
    dictionary = resources.dictionary(profile)
    assert dictionary.fast is not None
    first, count = dictionary.fast
    fast = [p for p in dictionary.points if p.table == "input" and first <= p.address < first + count]
    for point in fast:
        copied = dictionary.by_name[LATCHED + point.name]
        assert copied.address == point.address + 500
        assert (copied.kind, copied.scale, copied.unit) == (point.kind, point.scale, point.unit)
        if point.quality_address is not None:
            assert copied.quality_address == point.quality_address + 500
            assert copied.quality_slot == point.quality_slot
    assert sum(p.name.startswith(LATCHED) for p in dictionary.points) == len(fast)
    # One request reads number, age and copy.
    assert (dictionary.by_name["latch_number"].address, count + 3) in dictionary.blocks("input")


def test_a_pattern_means_the_present_and_not_the_latched_copy():
    dictionary = resources.dictionary("pump")
    assert not any(p.name.startswith(LATCHED) for p in select(dictionary, ["*flow", "*"]))
    assert [p.name for p in select(dictionary, ["latched.flow"])] == ["latched.flow"]
    assert len(select(dictionary, ["latched.pump_speed.*"])) == 2
