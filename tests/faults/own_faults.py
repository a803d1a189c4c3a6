"""What happens on this side: to processes, the ledger, artefacts, clocks, configuration, and what people type."""

from __future__ import annotations

from listed import Listed, of

STRANGE = "tests/faults/test_clocks_and_certificates.py"
BROKEN = "tests/faults/test_ledger_and_artefacts.py"
CRASH = "tests/integration/test_runs_crash.py"
LEDGER = "tests/integration/test_runs_ledger.py"
MATCHING = "tests/integration/test_runs_matching.py"
RECOVERED = "tests/integration/test_runs_recovered.py"
CONFIGURED = "tests/integration/test_runs_configured.py"
CONVERGE = "tests/integration/test_runs_converge.py"
ROTATING = "tests/integration/test_rotating_tokens.py"
FRESHSALES = "tests/integration/test_freshsales_sandbox.py"
CONTRACT_READING = "tests/contract/apps/test_reading.py"
LOCKS = "tests/contract/ledger/test_ledger_locks.py"
SCHEMA = "tests/contract/ledger/test_ledger_schema.py"
SEND = "tests/contract/ledger/test_ledger_send.py"
ARTEFACTS = "tests/dags/test_artefacts.py"
HANDED = "tests/dags/test_handed_on.py"
LEDGER_CRASH = "tests/contract/ledger/test_ledger_crash.py"
AIRFLOW_KILLED = "tests/airflow_cases/test_killed_loads.py"
AIRFLOW_LOST = "tests/airflow_cases/test_lost_artefacts.py"
AIRFLOW_AT_ONCE = "tests/airflow_cases/test_runs_at_once.py"
KILLS = "tests/kills/test_kill_matrix.py"

OWN = (
    Listed(
        1,
        "The process is killed at any point",
        "The next runs find what it made and finish the rest; nobody is there twice.",
        of(KILLS, "whatever_a_killed_run_left_is_found_and_finished")
        + of(CRASH, "a_run_may_die_at_any_commit")
        + of(
            LEDGER_CRASH,
            "a_killed_process_leaves_nothing_half_done_and_a_rerun_finishes",
        ),
    ),
    Listed(
        3,
        "A create took effect and the ledger cannot be written",
        "What was about to be sent is in the journal already, so the create is found and not repeated.",
        of(BROKEN, "f03_a_ledger_that_is_lost_between_effect_and_outcome_doubles_nobody")
        + of(CRASH, "a_run_may_die_at_any_commit"),
    ),
    Listed(
        13,
        "Clocks disagree, jump or go backwards; two edits share a second",
        "This machine's clock decides nothing about what changed; a vendor's that was set back means a complete read.",
        of(
            STRANGE,
            "f13_a_vendor_whose_clock_is_a_day_off_loses_no_edit",
            "f13_our_own_clock_may_jump_a_day_either_way",
            "f13_a_vendor_whose_clock_is_set_back_loses_no_edit_and_is_read_completely_once",
        )
        + of(FRESHSALES, "a_change_in_the_second_that_was_just_read_is_seen")
        + of(
            "tests/integration/test_runs_conflicts.py",
            "of_two_edits_in_one_second_none_is_newer_so_the_preferred_side_wins",
        )
        + of("tests/unit/ledger/test_ledger_windows.py", "a_clock_set_back_does_not_block_for_ever")
        + of("tests/contract/ledger/test_ledger_rates.py", "the_database_is_the_clock_of_all_hosts")
        + of("tests/unit/mapping/test_conversions.py", "no_zone_moves_a_leap_day_or_a_day_of_changing_clocks"),
    ),
    Listed(
        25,
        "The mapping, a filter or the match keys change between runs",
        "Everything is read anew; what follows from the change alone is limited and blanks nobody.",
        of(
            CONFIGURED,
            "a_field_taken_in_that_would_change_most_contacts_stops_first_and_blanks_nobody",
            "a_filter_taken_away_that_would_create_very_many_stops_first",
            "other_match_keys_that_would_join_most_contacts_stop_first",
        )
        + of(LEDGER, "a_field_taken_in_again_is_read_completely_and_first_matched")
        + of("tests/integration/test_runs_rules.py", "a_new_rule_reads_everything_and_never_updates_all_in_silence"),
    ),
    Listed(
        27,
        "Two contacts of one app are alike, share an address, or have no key",
        "Nobody is joined by guessing: they are held with their candidates.",
        of(
            MATCHING,
            "two_of_one_are_held_and_judged_again_when_one_of_them_changes",
            "a_contact_without_a_key_waits_until_it_has_one",
        )
        + of("tests/integration/test_runs_odd_contacts.py", "each_is_synced_or_held_with_its_reason"),
    ),
    Listed(
        28,
        "The ledger is lost, old, locked or its disk is full",
        "A lost or old one is noticed and links are found again; one that cannot be written stops the run.",
        of(BROKEN, "f28_a_disk_that_is_full_between_effect_and_outcome_doubles_nobody")
        + of(
            LEDGER,
            "a_lost_ledger_finds_the_links_again_and_neither_creates_nor_deletes",
            "a_ledger_from_a_backup_is_noticed",
        )
        + of(RECOVERED, "an_old_backup_finds_what_was_made_since_and_brings_nobody_back")
        + of(SCHEMA, "a_writer_waits_for_another_and_then_says_so", "a_ledger_that_cannot_be_reached_is_busy"),
    ),
    Listed(
        29,
        "An artefact is missing, changed or another run's",
        "Its checksum tells; the task fails and nothing is written.",
        of(BROKEN, "f29_an_artefact_that_is_not_what_was_written_stops_the_run")
        + of(
            ARTEFACTS,
            "a_changed_or_missing_file_is_an_error_that_says_what_to_do",
            "a_root_that_cannot_be_written_is_an_error_with_the_next_step",
        )
        + of(
            AIRFLOW_LOST,
            "a_deleted_reading_stops_the_run_and_clearing_as_it_says_heals_it",
            "a_changed_plan_is_not_carried_out_and_clearing_as_it_says_heals_it",
        ),
    ),
    Listed(
        30,
        "What tasks hand on is missing or changed",
        "It is a reference with a checksum and nothing else, so a wrong one fails the task, and so does another run's.",
        of(HANDED, "f30_a_load_that_is_handed_something_else_writes_nothing_and_says_what_to_clear")
        + of(ARTEFACTS, "a_changed_or_missing_file_is_an_error_that_says_what_to_do"),
    ),
    Listed(
        31,
        "The worker is told to end, or runs out of memory, in a batch",
        "As for a killed process: the next run finishes.",
        of(BROKEN, "f31_a_worker_that_is_ended_in_a_batch_doubles_nobody")
        + of(ROTATING, "a_task_that_is_ended_while_the_vendor_answers_keeps_what_it_was_given")
        + of(KILLS, "whatever_a_killed_run_left_is_found_and_finished")
        + of(AIRFLOW_KILLED, "a_killed_load_that_is_cleared_goes_on_from_the_journal"),
    ),
    Listed(
        32,
        "Two runs, or a run and a try of it that was thought dead",
        "One writes; whoever lost lock, lease or claim sends nothing more.",
        of(
            LEDGER,
            "a_load_whose_lock_was_taken_over_sends_nothing_more",
            "a_lock_lost_in_the_middle_of_a_load_stops_it_before_the_next_request",
        )
        + of(LOCKS, "of_several_processes_one_gets_the_lock", "no_two_owners_ever_hold_one_fence")
        + of(SEND, "two_processes_never_send_the_same", "an_earlier_claim_sends_nothing")
        + of(AIRFLOW_KILLED, "a_suspended_load_that_wakes_up_after_another_run_took_over_sends_nothing_more")
        + of(AIRFLOW_AT_ONCE, "three_kinds_of_run_take_turns_and_a_backfill_reads_once"),
    ),
    Listed(
        35,
        "A person cancels the run",
        "As for a killed process; its lock is free for the next one at once.",
        of(BROKEN, "f35_a_run_that_a_person_cancels_sends_nothing_more_and_the_next_begins_at_once")
        + of("tests/dags/test_runs.py", "the_lock_of_a_dag_run_that_has_ended_is_taken_over")
        + of(LOCKS, "the_lock_of_an_ended_run_is_taken")
        + of(
            AIRFLOW_KILLED,
            "a_suspended_load_that_wakes_up_after_another_run_took_over_sends_nothing_more",
            "a_run_that_ran_out_of_time_is_taken_up_by_the_next",
        ),
    ),
    Listed(
        36,
        "Very many contacts, none at all, or huge ones",
        "Batches are capped and a large value costs only its own contact.",
        of(CONVERGE, "two_runs_make_a_thousand_contacts_a_side_equal")
        + of(CONTRACT_READING, "an_empty_account_is_empty_and_later_contacts_are_seen")
        + of("tests/unit/apps/test_vcard.py", "a_photo_of_ten_megabytes_passes_untouched_and_soon"),
        "A hundred thousand contacts a side are measured, not tested: `make bench`.",
    ),
    Listed(
        38,
        "The package is upgraded or taken back while a run is on",
        "One process upgrades the ledger; code that does not know its schema refuses it. A task does not go on from "
        "what a task of another version made, where that would be read wrongly: it ends before it writes.",
        of(
            SCHEMA,
            "several_processes_upgrade_at_once",
            "a_newer_ledger_is_refused_and_never_taken_back",
            "an_older_ledger_is_refused_until_upgraded",
        )
        + of(
            "tests/dags/test_upgraded_in_a_run.py",
            "f38_a_task_of_another_version_writes_nothing_and_the_run_again_does",
            "f38_what_was_written_before_the_upgrade_is_settled_by_the_next_run",
        ),
    ),
)
