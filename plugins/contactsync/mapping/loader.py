"""Files of include/mappings -> SyncSpec. One broken file never takes another sync down."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from contactsync.errors import ConfigError, Place
from contactsync.mapping.as_asked import NOTHING_ASKED, Snapshots, another_app, as_asked
from contactsync.mapping.defaults import pair_fields
from contactsync.mapping.document import Document, read_what_can_be_read
from contactsync.mapping.document import read_yaml as read_yaml
from contactsync.mapping.file_test_checks import file_test_problems
from contactsync.mapping.leaves import judged_anew
from contactsync.mapping.marks import mark_problems
from contactsync.mapping.pair_checks import derived_in_pairs, pair_problems
from contactsync.mapping.problems import Problem, check_model
from contactsync.mapping.rule_checks import rule_problems
from contactsync.mapping.spec import SyncFile
from contactsync.mapping.sync_defaults import with_defaults
from contactsync.mapping.words import RESERVED_IDS, id_problem, newer_than_this, schedule_problem, tidy
from contactsync.model.app import AppInfo
from contactsync.model.file_tests import FileTest
from contactsync.model.spec import SIDES, DeletionPolicy, Side, SideSpec, SyncSpec

FALLBACK_SCHEDULE = "@daily"
DAILY = timedelta(days=1)

Defaults = Mapping[str, Any]  # keys of a sync file that a file without them has: `defaults:` of the project file
NO_DEFAULTS: Defaults = {}


class AppsPort(Protocol):
    """What the loader needs to know of the apps; mapping itself imports none."""

    def names(self) -> tuple[str, ...]:
        """The apps there are."""
        ...

    def declared(self, app: str, options: Mapping[str, Any]) -> AppInfo:
        """What an app can do with these options, which are right."""
        ...

    def shown(self, app: str, options: Mapping[str, Any], names: Collection[str]) -> AppInfo:
        """What an account with these own fields can do with these options, which are right."""
        ...

    def check_options(self, app: str, options: Mapping[str, Any]) -> Sequence[Problem]:
        """What is wrong with an app's options, keys relative to them; `problems.check_model` makes such problems."""
        ...


@dataclass(frozen=True)
class BrokenFile:
    """A file that makes no sync. `id` and `schedule` are those still readable from it, so that its DAG shows the error.

    id        no other sync or broken file of the same folder has it
    schedule  None = only by hand; '@daily' where the file's own cannot be read
    """

    path: Path
    id: str
    schedule: str | None
    error: ConfigError


@dataclass(frozen=True)
class SyncDocument:
    """A file that is right: what it says, where, and the apps by which it was judged."""

    document: Document
    spec: SyncSpec
    tests: tuple[FileTest, ...]
    apps: Mapping[Side, AppInfo]


@dataclass(frozen=True)
class Loaded:
    """A folder of sync files."""

    files: tuple[SyncDocument, ...]
    broken: tuple[BrokenFile, ...]

    @property
    def specs(self) -> tuple[SyncSpec, ...]:
        """The syncs."""
        return tuple(file.spec for file in self.files)

    def named(self, sync: str, where: str) -> SyncSpec:
        """The sync with that id. Errors: ConfigError for an unknown id, or the file's own error where it is broken."""
        for broken in self.broken:
            if broken.id == sync:
                raise broken.error
        for spec in self.specs:
            if spec.id == sync:
                return spec
        raise ConfigError(
            f"There is no sync {sync!r} in {where}.",
            allowed=tuple(sorted(spec.id for spec in self.specs)),
            next_step="name one of these, or add its file",
        )


def load_sync(path: Path, root: Path, apps: AppsPort, defaults: Defaults = NO_DEFAULTS) -> SyncSpec:
    """One file. `root` is the mappings folder, to which SyncSpec.file is relative; defaults: of the project file.

    Errors: ConfigError with every problem of the file.
    """
    return load_document(path, root, apps, defaults=defaults).spec


def load_document(
    path: Path, root: Path, apps: AppsPort, snapshots: Snapshots = NOTHING_ASKED, defaults: Defaults = NO_DEFAULTS
) -> SyncDocument:
    """The same, with the file's tests and the place of every key. snapshots: what the accounts have, where known."""
    return _checked(with_defaults(read_what_can_be_read(path), defaults), root, apps, snapshots)


def load_folder(
    folder: Path, apps: AppsPort, snapshots: Snapshots = NOTHING_ASKED, defaults: Defaults = NO_DEFAULTS
) -> Loaded:
    """Every *.yaml and *.yml below the folder, in the order of their paths; .name and _name are ignored.

    Two files with one id, or with one pair of accounts and the same options, are both broken: which of them is meant
    cannot be known, and running the wrong one would write. Errors: ConfigError where there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigError("there is no such folder.", place=Place(folder), next_step="Create it, or correct the path.")
    good: dict[Path, SyncDocument] = {}
    broken: list[tuple[Document, ConfigError]] = []
    for path in sorted(_files(folder)):
        document = Document(path)
        try:
            document = with_defaults(read_what_can_be_read(path), defaults)
            good[path] = _checked(document, folder, apps, snapshots)
        except ConfigError as error:
            broken.append((document, error))
    for path, problems in _clashes(good, folder).items():
        document = good.pop(path).document
        broken.append((document, document.error(tuple(problems))))
    files = tuple(good.values())
    return Loaded(files, _broken_files(broken, {file.spec.id for file in files}))


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] not in "._"]
        for name in names:
            path = Path(place, name)
            if name[0] not in "._" and path.suffix in (".yaml", ".yml") and (path.is_file() or path.is_symlink()):
                yield path


# ---- one file


def _checked(document: Document, root: Path, apps: AppsPort, snapshots: Snapshots) -> SyncDocument:
    if document.problems:
        raise document.error(document.problems)
    if newer_than_this(document.data.get("version")):
        # whatever else seems wrong with it may be right in its own version
        _, problems = check_model(SyncFile, document.data)
        raise document.error(tuple(p for p in problems if p.key == ("version",)))
    file, problems = check_model(SyncFile, document.data)
    problems = (*problems, *_stem_problems(document), *_side_problems(document.data, apps))
    problems = (*problems, *(_deletion_problems(file) if file else ()))
    if file is None or problems:
        raise document.error(problems)
    relative = document.path.relative_to(root) if document.path.is_relative_to(root) else document.path
    spec = file.spec(document.path.stem, relative.as_posix())
    infos = {side: _info(spec.side(side), apps, snapshots) for side in SIDES}
    tests = tuple(test.spec() for test in file.tests)
    return _judged(SyncDocument(document, spec, tests, infos), tuple(another_app(spec, snapshots)))


def _info(side: SideSpec, apps: AppsPort, snapshots: Snapshots) -> AppInfo:
    """What the app of a side can do, as far as its account is known."""
    snapshot = snapshots.get(side.connection)
    if snapshot is None or snapshot.app != side.app:
        return apps.declared(side.app, side.options)
    return as_asked(apps.shown(side.app, side.options, {f.name for f in snapshot.fields}), snapshot)


def _judged(file: SyncDocument, found_before: tuple[Problem, ...]) -> SyncDocument:
    """Judged with what both apps can do. Rules that change without an edit need a complete read a day."""
    document, spec, tests, infos = file.document, file.spec, file.tests, file.apps
    pairs = pair_fields(spec, infos[Side.LEFT].fields, infos[Side.RIGHT].fields)
    found = (
        pair_problems(spec, infos, document.line, asked=all(infos[side].asked for side in SIDES)),
        mark_problems(spec, infos),
        rule_problems(spec, infos, pairs),
        file_test_problems(tests, infos, pairs),
    )
    problems = (*found_before, *(problem for each in found for problem in each))
    if problems:
        raise document.error(problems)
    anew = any(judged_anew(rules, infos[side]) for side, rules in spec.rules.items())
    anew = anew or any(derived_in_pairs(spec, side, infos[side]) for side in SIDES)
    if anew and "full_every" not in document.data:
        spec = replace(spec, full_every=DAILY)
    return replace(file, spec=spec)


def _stem_problems(document: Document) -> Iterator[Problem]:
    if "id" not in document.data and (reason := id_problem(document.path.stem)):
        message = f"is missing, and the file's name does not do instead: {reason}"
        yield Problem(("id",), message, "Add `id:`, or rename the file.")


def _side_problems(data: Mapping[str, Any], apps: AppsPort) -> Iterator[Problem]:
    sides = {side.value: data[side] for side in SIDES if isinstance(data.get(side), dict)}
    for name, side in sides.items():
        app = side.get("app")
        if not isinstance(app, str):
            continue  # said already
        if app not in apps.names():
            yield Problem((name, "app"), "unknown app.", "Use one of these.", apps.names(), app)
        elif isinstance(options := side.get("options", {}), dict):
            yield from (problem.under(name, "options") for problem in apps.check_options(app, options))
    accounts = [(side.get("app"), side.get("connection")) for side in sides.values()]
    if len(accounts) == 2 and accounts[0] == accounts[1]:
        message = "left and right are the same account, so there is nothing to keep equal."
        yield Problem(("right", "connection"), message, "Name another connection on one side.")


def _deletion_problems(file: SyncFile) -> Iterator[Problem]:
    for source, policy in file.deletions.spec().items():
        if policy is not DeletionPolicy.IGNORE and not file.direction.open_from(source):
            key = f"{source}_to_{source.other}"
            message = f"nothing flows this way, as direction is {file.direction}."
            yield Problem(("deletions", key), message, "Remove it, or set direction: both.")


# ---- several files


def _clashes(good: Mapping[Path, SyncDocument], folder: Path) -> dict[Path, list[Problem]]:
    """What is wrong between files that are right one by one."""
    by_id: dict[Any, list[Path]] = defaultdict(list)
    by_pair: dict[Any, list[Path]] = defaultdict(list)
    for path, file in good.items():
        by_id[file.spec.id].append(path)
        by_pair[frozenset((_account(file.spec.left), _account(file.spec.right)))].append(path)
    clashes: dict[Path, list[Problem]] = defaultdict(list)
    for key, groups, words in (("id", by_id, _SAME_ID), ("right", by_pair, _SAME_PAIR)):
        for paths in groups.values():
            for path in paths if len(paths) > 1 else ():
                others = ", ".join(other.relative_to(folder).as_posix() for other in paths if other != path)
                clashes[path].append(Problem((key,), words[0].format(others=others), words[1]))
    return clashes


_SAME_ID = ("also the id of {others}; the two would share one memory.", "Give one of them another id.")
_SAME_PAIR = ("{others} keeps the same two accounts equal.", "Remove one of the files, or give them other options.")


def _account(side: SideSpec) -> str:
    return repr((side.app, side.connection, _ordered(side.options)))


def _ordered(value: Any) -> Any:
    """The same for mappings that differ in the order of their keys only."""
    if isinstance(value, Mapping):
        return sorted((key, _ordered(inner)) for key, inner in value.items())
    return [_ordered(inner) for inner in value] if isinstance(value, list) else value


def _broken_files(broken: Iterable[tuple[Document, ConfigError]], taken: set[str]) -> tuple[BrokenFile, ...]:
    """In the order of their paths; where an id is contested, the file named like it gets it."""
    taken = taken | set(RESERVED_IDS)
    files: dict[Path, BrokenFile] = {}
    for document, error in sorted(broken, key=lambda pair: (_id(pair[0]) != pair[0].path.stem, pair[0].path)):
        found = _free((_id(document), _as_id(document.path.stem)), taken)
        taken.add(found)
        files[document.path] = BrokenFile(document.path, found, _schedule(document.data), error)
    return tuple(files[path] for path in sorted(files))


def _id(document: Document) -> str:
    found = document.data.get("id")
    return found if isinstance(found, str) and not id_problem(found) else _as_id(document.path.stem)


def _as_id(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63] or "broken"


def _free(wanted: Sequence[str], taken: set[str]) -> str:
    candidates = [*wanted, *(f"{wanted[-1][:57]}-{number}" for number in range(2, len(taken) + 3))]
    return next(candidate for candidate in candidates if candidate not in taken)


def _schedule(data: Mapping[str, Any]) -> str | None:
    dag = data.get("dag")
    found = dag.get("schedule", FALLBACK_SCHEDULE) if isinstance(dag, dict) else FALLBACK_SCHEDULE
    if found is None:
        return None
    found = tidy(found) if isinstance(found, str) else ""
    return FALLBACK_SCHEDULE if schedule_problem(found) else found
