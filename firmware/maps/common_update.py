"""Updates over the bus: what a controller says of them, and what it can be told. Every controller has these registers."""

from maps.fields import Enum, Holding, Input, enum, flags, text, u16, u32


class UpdateState(Enum):
    IDLE = 0
    """No update is under way."""
    MANIFEST = 1
    """The manifest is awaited, as file 40."""
    COMPARING = 2
    """It is compared with what there is: files that are the same are not sent, but copied."""
    RECEIVING = 3
    """Files are awaited: those of which update_missing is not 0."""
    VERIFYING = 4
    """Every file is read back from the flash."""
    READY = 5
    """All are there and whole: it waits for `activate`."""
    WAITING = 6
    """It will be started as soon as the equipment allows."""
    TRIAL = 7
    """This is the new firmware, on trial: without `confirm` the old one is started again."""


class UpdateCommand(Enum):
    NONE = 0
    """Nothing was asked for."""
    BEGIN = 1
    """Begin, or begin again: the manifest comes next. What was received before is kept as far as it is the same."""
    COMPARE = 2
    """The manifest is there."""
    TAKE = 3
    """The file number update_file of the manifest comes next, as file 41."""
    VERIFY = 4
    """All files are there."""
    ACTIVATE = 5
    """Start the new firmware as soon as the equipment allows."""
    CONFIRM = 6
    """The firmware on trial is good."""
    CANCEL = 7
    """End the update; of a trial: go back now."""
    RESTART = 8
    """Restart the controller as soon as the equipment allows; out of the safe mode."""


class UpdateRefusal(Enum):
    NONE = 0
    """Nothing was refused since the update began."""
    NOT_NOW = 1
    """This step is not the next one; see update_state."""
    DAMAGED = 2
    """The manifest is cut off or makes no sense."""
    NO_KEY = 3
    """This controller has no device key, and takes nothing that it cannot check: a key is set when it is flashed over USB."""
    UNSIGNED = 4
    """The manifest is not signed."""
    WRONG_SIGNATURE = 5
    """The manifest was signed with another key or for another controller, or it was altered."""
    OTHER_BOARD = 6
    """It was built for another board."""
    OTHER_MPY = 7
    """It was compiled for another version of MicroPython, or another processor."""
    OTHER_PROFILE = 8
    """It is for other equipment."""
    OLDER = 9
    """Its version is below the one that runs."""
    REPLAYED = 10
    """It was signed before the one that was confirmed last."""
    FULL = 11
    """The flash has no room for it."""
    STORAGE = 12
    """The flash refused to be written."""
    ALTERED = 13
    """What was read back is not what the manifest says."""
    INCOMPLETE = 14
    """Files are missing; see update_missing."""
    UNPROVEN = 15
    """The trial has not lasted long enough to be confirmed."""


class UpdateOutcome(Enum):
    NONE = 0
    """No trial so far, or it is still under way."""
    CONFIRMED = 1
    """The last trial was confirmed."""
    DID_NOT_START = 2
    """It ended before it was confirmed: by an error, its watchdog or a power cut."""
    UNHEALTHY = 3
    """Its own check failed: chips, the hard tick, settings or the main loop were not as before."""
    SILENT = 4
    """No host confirmed it in time."""
    CANCELLED = 5
    """A host sent it back."""


class Application(Enum):
    FLASHED = 0
    """What was flashed over USB."""
    SLOT_A = 1
    """What an update brought."""
    SLOT_B = 2
    """What an update brought."""


class UpdatePolicy(Enum):
    """Bit numbers of update_policy, set when the controller is flashed."""

    UNSIGNED = 0
    """Takes images without a signature."""
    OLDER = 1
    """Takes older images, and those that were signed before the last one."""
    KEYED = 2
    """It has a device key."""


class Update(Input):
    """The update under way, and what came of the last one."""

    update_state = enum(460, UpdateState)
    """Which step is next."""
    update_refusal = enum(461, UpdateRefusal)
    """Why the last step was refused."""
    update_outcome = enum(462, UpdateOutcome)
    """How the last trial ended."""
    application = enum(463, Application)
    """What runs."""
    confirmed_application = enum(464, Application)
    """What should run."""
    update_policy = flags(465, UpdatePolicy)
    """What it takes."""
    update_received = u32(466, unit="B")
    """Of the manifest or of the file that comes: bytes that are there. The next record is the one behind them."""
    update_missing = u16(468)
    """Files that have to be sent; those are the bits of update_wanted."""
    update_wanted = u16(469, count=17)
    """Files of the manifest that have to be sent, 15 a register, from the lowest bit of the first register up."""
    trial_remaining = u16(486, unit="s")
    """Time until the firmware on trial is given up; not available without a trial."""
    failed_starts = u16(487)
    """Starts in a row that did not last a minute, this one included until it has."""
    board = text(488, 9)
    """Board that it is, as boards/ has it: images are built for one."""


class UpdateControl(Holding):
    """One-shot commands of an update. They read back as 0."""

    update_command = enum(60, UpdateCommand, low=0, high=8, default=0)
    """What to do. It is busy (exception 06) until that is done: repeat it, and its answer is what came of it. A refused one is
    exception 04, and update_refusal says why."""
    update_file = u16(61, low=0, high=254, default=0)
    """For `take`: which file of the manifest, counted from 0."""
