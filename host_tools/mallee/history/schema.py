"""The file of the history: its tables, how it is opened, and who may write. SQLite in write-ahead mode; docs/history.md says
why.

What SQLite promises is what a kill -9 at any moment needs: a transaction is there or it is not. `synchronous=FULL` flushes each
commit to the disk, so that a power cut loses no more than a kill does.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from .. import locking
from . import problems

FORMAT = 1
APPLICATION = 0x4D4C4849  # "MLHI", so that nobody takes this file for another, and `file` can name it
PAGE_BYTES = 4096
WAL_BYTES = 16_000_000
"""After a checkpoint the write-ahead log is cut to this; what it may take beyond the pages of the file."""
_BUSY_MS = 5000
_MAGIC = b"SQLite format 3\0"
_TABLES = """
CREATE TABLE series (id INTEGER PRIMARY KEY, device TEXT NOT NULL, point TEXT NOT NULL, unit TEXT NOT NULL, coding TEXT NOT NULL,
  letter TEXT NOT NULL, scale INTEGER NOT NULL, choices TEXT NOT NULL,
  UNIQUE (device, point, unit, coding, letter, scale, choices));
CREATE TABLE layout (id INTEGER PRIMARY KEY, device TEXT NOT NULL, series TEXT NOT NULL, UNIQUE (device, series));
CREATE TABLE scan (id INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL, frames BLOB NOT NULL);
CREATE TABLE span (id INTEGER PRIMARY KEY AUTOINCREMENT, level INTEGER NOT NULL, state INTEGER NOT NULL,
  start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, bytes INTEGER NOT NULL DEFAULT 0,
  source_first INTEGER, source_last INTEGER);
CREATE INDEX span_level ON span (level, start_ms);
CREATE TABLE block (id INTEGER PRIMARY KEY, span INTEGER NOT NULL, layout INTEGER NOT NULL, whole INTEGER NOT NULL,
  start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, rows INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX block_of ON block (span, layout, id);
CREATE TABLE gap (id INTEGER PRIMARY KEY, device TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER, cause TEXT NOT NULL,
  reason TEXT NOT NULL);
CREATE INDEX gap_time ON gap (from_ms);
CREATE TABLE event (id INTEGER PRIMARY KEY, device TEXT NOT NULL, source TEXT NOT NULL, era INTEGER, sequence INTEGER,
  time_ms INTEGER, uptime_s INTEGER, estimated INTEGER NOT NULL DEFAULT 0, seen_ms INTEGER NOT NULL, kind TEXT NOT NULL,
  what TEXT NOT NULL, code INTEGER, value INTEGER);
CREATE UNIQUE INDEX event_once ON event (device, era, sequence) WHERE source = 'journal';
CREATE INDEX event_time ON event (seen_ms);
CREATE TABLE journal (device TEXT PRIMARY KEY, era INTEGER NOT NULL, boot INTEGER, newest INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE fill (id INTEGER PRIMARY KEY, series INTEGER NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL,
  amount REAL, UNIQUE (series, from_ms));
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE writer (id INTEGER PRIMARY KEY AUTOINCREMENT, started_ms INTEGER NOT NULL, ended_ms INTEGER,
  process INTEGER NOT NULL, version TEXT NOT NULL);
"""


def open_reader(path: Path) -> sqlite3.Connection:
    """For reading, also while somebody writes, and from a folder that cannot be written. Raises MalleeError."""
    if not path.is_file():
        raise problems.no_file(path)
    _look(path)
    uri = path.absolute().as_uri()
    try:
        return _checked(path, sqlite3.connect(f"{uri}?mode=ro", uri=True, isolation_level=None))
    except sqlite3.OperationalError as error:
        # Without write access no shared memory can be made; where no log is left either, nobody writes, and none is needed.
        log = path.with_name(path.name + "-wal")
        if log.is_file() and log.stat().st_size:
            raise problems.of_sqlite(path, error) from error
        try:
            return _checked(path, sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True, isolation_level=None))
        except sqlite3.Error as again:
            raise problems.of_sqlite(path, again) from again
    except sqlite3.Error as error:
        raise problems.of_sqlite(path, error) from error


class Writing:
    """The file, open for its one writer. Of the two connections, `lock` holds the right to write until it is closed or its
    process dies; its file is a small one beside the history."""

    def __init__(self, path: Path) -> None:
        """Make the file where there is none. Raises MalleeError; REFUSED where another writes."""
        if not path.parent.is_dir():
            raise problems.no_folder(path)
        if path.is_file():
            _look(path)
        self.path = path
        self.lock = self._locked()
        try:
            self.database = self._opened()
        except BaseException:
            self.lock.close()
            raise

    def close(self) -> None:
        """Safe to call twice."""
        self.database.close()
        self.lock.close()

    def _locked(self) -> sqlite3.Connection:
        beside = self.path.with_name(self.path.name + "-writer")
        try:
            return locking.hold(beside)
        except locking.Held as error:
            raise problems.written_by_another(self.path, self._who()) from error
        except sqlite3.Error as error:
            raise problems.of_sqlite(beside, error) from error

    def _who(self) -> str:
        with suppress(Exception):
            database = open_reader(self.path)
            try:
                row = database.execute("SELECT process FROM writer ORDER BY id DESC LIMIT 1").fetchone()
                return f" (process {row[0]})" if row else ""
            finally:
                database.close()
        return ""

    def _opened(self) -> sqlite3.Connection:
        try:
            database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise problems.of_sqlite(self.path, error) from error
        try:
            database.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            _checked(self.path, database, empty=True)
            database.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            database.execute("PRAGMA auto_vacuum = INCREMENTAL")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
            if not _is_made(database):
                _make(database)
        except sqlite3.Error as error:
            database.close()
            raise problems.of_sqlite(self.path, error) from error
        except BaseException:
            database.close()
            raise
        return database


def _look(path: Path) -> None:
    """Before SQLite does: it would take some files of others for empty ones."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
    except OSError as error:
        raise problems.foreign(path, (error.strerror or "it cannot be read").lower()) from error
    if head and head != _MAGIC:
        raise problems.foreign(path, "it is no database")


def _checked(path: Path, database: sqlite3.Connection, *, empty: bool = False) -> sqlite3.Connection:
    """`empty`: a database without anything in it may become a history: one whose maker was killed while it was made is so."""
    try:
        application = database.execute("PRAGMA application_id").fetchone()[0]
        version = database.execute("PRAGMA user_version").fetchone()[0]
        tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if application != APPLICATION:
            if tables:
                raise problems.foreign(path, f"it is another program's database (application id {application:#x})")
            if not empty:
                raise problems.no_file(path)
        elif version > FORMAT:
            raise problems.newer(path, version, FORMAT)
    except BaseException:
        database.close()
        raise
    return database


def _is_made(database: sqlite3.Connection) -> bool:
    return database.execute("PRAGMA application_id").fetchone()[0] == APPLICATION


def _make(database: sqlite3.Connection) -> None:
    """In one transaction: all of it is there, or nothing."""
    database.execute("BEGIN IMMEDIATE")
    for statement in _TABLES.split(";"):
        if statement.strip():
            database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION}")
    database.execute(f"PRAGMA user_version = {FORMAT}")
    database.execute("COMMIT")
