"""The keys of a sync file. What is not declared here is refused; planned keys are named as such."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from contactsync.contact import FIELDS, GROUPS
from contactsync.mapping.alert_sections import AlertNames, FreshnessSection
from contactsync.mapping.approval_section import ApprovalSection
from contactsync.mapping.file_test_sections import TestSection, check_names
from contactsync.mapping.limit_sections import LimitsSection
from contactsync.mapping.pair_section import PairSection
from contactsync.mapping.problems import wrong
from contactsync.mapping.rule_sections import RulesSection
from contactsync.mapping.sections import Section as Section
from contactsync.mapping.words import (
    ConnectionId,
    ContactField,
    Duration,
    MatchKey,
    Region,
    Schedule,
    Short,
    SyncId,
    Timezone,
    Version,
    choice,
    line_of_text,
    one_of,
)
from contactsync.model.approval import When
from contactsync.model.spec import (
    ConflictPolicy,
    DagSpec,
    DeletionPolicy,
    Direction,
    FieldsSpec,
    FirstRun,
    MatchSpec,
    Side,
    SideSpec,
    SyncSpec,
    Unsubscribes,
)

Policy = Annotated[DeletionPolicy, one_of(DeletionPolicy)]


class DagSection(Section):
    """`dag:` when, and whose."""

    schedule: Schedule
    timezone: Timezone = "UTC"
    owner: Annotated[str, line_of_text(100)] = "airflow"
    tags: Annotated[list[Annotated[str, line_of_text(100)]], Short] = []
    pool: Annotated[str, line_of_text(256)] = "default_pool"

    def spec(self) -> DagSpec:
        """As the rest of contactsync knows it."""
        return DagSpec(self.schedule, self.timezone, self.owner, tuple(dict.fromkeys(self.tags)), self.pool)


class SideSection(Section):
    """`left:` and `right:`; the options are the app's own, and checked by the app."""

    app: str
    connection: ConnectionId
    options: dict[str, Any] = {}

    def spec(self) -> SideSpec:
        """As the rest of contactsync knows it."""
        return SideSpec(self.app, self.connection, self.options)


class MatchSection(Section):
    """`match:` who is the same person."""

    keys: Annotated[list[MatchKey], Field(min_length=1), Short] = [("email",)]
    default_region: Region | None = None
    without_key: Annotated[str, choice("hold", "create")] = "hold"
    plus_tags: Annotated[str, choice("keep", "ignore")] = "keep"
    first_match: Annotated[str, choice("fill_blanks", "hold")] = "fill_blanks"

    def spec(self) -> MatchSpec:
        """As the rest of contactsync knows it."""
        return MatchSpec(
            keys=tuple(dict.fromkeys(self.keys)),
            default_region=self.default_region,
            create_without_key=self.without_key == "create",
            hold_differences=self.first_match == "hold",
            plus_tags=self.plus_tags == "keep",
        )


class FieldsSection(Section):
    """`fields:` which fields flow: by default, and in pairs of their own."""

    defaults: bool = True
    only: Annotated[list[ContactField], Field(min_length=1), Short] = []
    exclude: Annotated[list[ContactField], Short] = []
    pairs: Annotated[list[PairSection], Short] = []

    @model_validator(mode="after")
    def _something_is_left(self) -> FieldsSection:
        if not self.defaults and not self.pairs:
            raise wrong("with defaults: false and without pairs no field flows.", "Add pairs, or remove defaults.")
        if not self.defaults and (self.only or self.exclude):
            key = "only" if self.only else "exclude"
            raise wrong("chooses among the defaults, which are off.", "Remove it, or defaults: false.", at=(key,))
        if self.only and self.exclude:
            raise wrong("`only` and `exclude` cannot stand together.", "Keep one of the two.")
        excluded = {name for word in self.exclude for name in GROUPS.get(word, (word,))}
        if excluded >= set(FIELDS) and not self.pairs:
            raise wrong("`exclude` leaves no field.", "Name fewer fields.")
        return self

    def spec(self) -> FieldsSpec:
        """As the rest of contactsync knows it."""
        chosen = (tuple(dict.fromkeys(self.only)), tuple(dict.fromkeys(self.exclude)))
        return FieldsSpec(self.defaults, *chosen, tuple(pair.spec() for pair in self.pairs))


class DeletionsSection(Section):
    """`deletions:` what a deletion does to the partner."""

    left_to_right: Policy = DeletionPolicy.IGNORE
    right_to_left: Policy = DeletionPolicy.IGNORE
    tag: Annotated[str, line_of_text(100)] = ""

    def spec(self) -> dict[Side, DeletionPolicy]:
        """By the side on which a contact was deleted."""
        return {Side.LEFT: self.left_to_right, Side.RIGHT: self.right_to_left}


class SyncFile(Section):
    """A whole file of include/mappings."""

    version: Version
    id: SyncId = ""  # not checked where absent: the loader takes the file's stem
    title: Annotated[str, line_of_text(200)] = ""
    description: Annotated[str, Field(max_length=2000)] = ""
    dag: DagSection
    left: SideSection
    right: SideSection
    direction: Annotated[Direction, one_of(Direction)] = Direction.BOTH
    match: MatchSection = MatchSection()
    conflicts: Annotated[ConflictPolicy, one_of(ConflictPolicy)] = ConflictPolicy.LEFT
    rules: RulesSection = RulesSection()
    chosen: Annotated[FieldsSection, Field(alias="fields")] = FieldsSection()
    full_every: Duration = SyncSpec.full_every  # a day where rules have to be judged anew: mapping.loader
    unsubscribes: Annotated[Unsubscribes, one_of(Unsubscribes)] = Unsubscribes.IGNORE
    deletions: DeletionsSection = DeletionsSection()
    limits: LimitsSection = LimitsSection()
    freshness: FreshnessSection = FreshnessSection()
    alerts: AlertNames = []
    first_run: Annotated[FirstRun, one_of(FirstRun)] = FirstRun.REVIEW
    limit: Annotated[int, Field(ge=1)] | None = None
    approval: ApprovalSection = ApprovalSection(when=When.NEVER)
    tests: Annotated[list[TestSection], Short, AfterValidator(check_names)] = []

    def spec(self, sync_id: str, file: str) -> SyncSpec:
        """As the rest of contactsync knows it."""
        return SyncSpec(
            id=self.id or sync_id,
            left=self.left.spec(),
            right=self.right.spec(),
            dag=self.dag.spec(),
            title=self.title,
            description=self.description.strip(),
            file=file,
            direction=self.direction,
            match=self.match.spec(),
            conflicts=self.conflicts,
            fields=self.chosen.spec(),
            full_every=self.full_every,
            unsubscribes=self.unsubscribes,
            deletions=self.deletions.spec(),
            deletion_tag=self.deletions.tag,
            rules=self.rules.spec(),
            limits=self.limits.spec(),
            freshness=self.freshness.spec(),
            alerts=tuple(dict.fromkeys(self.alerts)),
            first_run=self.first_run,
            limit=self.limit,
            approval=self.approval.spec(),
        )
