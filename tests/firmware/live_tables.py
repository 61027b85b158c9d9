"""The tables that a live server has, and that model_bank.ModelBank is a model of: the pump skid's, without the skid."""

from core.bank import Bits, Table
from core.modbus import Server
from core.wire import copy
from fuzzing import File
from maps import common, common_update, pump, pump_supervision
from maps.fields import ADDRESS


def server():
    inputs = Table(
        (common.Identity, common.Health, common.Status, common.Memory, common.Conflict, common.Latch)
        + (common_update.Update, pump.Measurement, pump_supervision.Watched, pump.Counted)
    )
    fast = [span for span in inputs.spans if span[0] == common.Status.sequence & ADDRESS][0]
    place = inputs.extend(common.LATCHED, fast[1] - fast[0])
    copy(inputs.image, place, inputs.image, 2 * fast[0], 2 * (fast[1] - fast[0]))
    holdings = Table(
        (common.CommonSettings, pump.Local, pump.Settings, pump_supervision.Supervision, pump_supervision.Plant),
        writable=True,
    )
    objects = {0: b"mallee", 1: b"pump", 2: b"1.3", 0x80: b"hash"}
    return Server(inputs, holdings, Bits([(0, 30)]), Bits([(1, 30)]), {1: File()}.get, objects)
