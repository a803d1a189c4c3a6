"""What is promised of any run, in the order of the invariants that the design began with."""

from __future__ import annotations

from listed import Listed, of

PROMISES = "tests/integration/test_runs_promises.py"
RULES = "tests/property/test_sync_converges.py"
FIELDS = "tests/property/test_sync_fields.py"
MODEL = "tests/model/test_model.py"
CONVERGE = "tests/integration/test_runs_converge.py"
CONFLICTS = "tests/integration/test_runs_conflicts.py"
RACES = "tests/integration/test_runs_races.py"
LISTINGS = "tests/integration/test_runs_listings.py"
DELETIONS = "tests/integration/test_runs_deletions.py"
CRASH = "tests/integration/test_runs_crash.py"
CONFIGURED = "tests/integration/test_runs_configured.py"
FILTERS = "tests/integration/test_runs_filters.py"
REFUSED = "tests/integration/test_runs_refused.py"
ODD = "tests/integration/test_runs_odd_contacts.py"
ENVIRONMENTS = "tests/integration/test_runs_environments.py"
KILLS = "tests/kills/test_kill_matrix.py"
WRITING = "tests/contract/apps/test_writing.py"
LOCKS = "tests/contract/ledger/test_ledger_locks.py"
SEND = "tests/contract/ledger/test_ledger_send.py"
LEDGER_CRASH = "tests/contract/ledger/test_ledger_crash.py"
SINGLE = "tests/unit/sync/test_conflicts_single.py"
FOLD = "tests/unit/sync/test_fold.py"
VCARD = "tests/unit/apps/test_vcard.py"
OLD_RUNS = "tests/airflow_cases/test_old_runs_again.py"
FORMS = "tests/property/test_trigger_forms.py"
ANSWERS = "tests/faults/test_odd_answers.py"

ANY_HISTORY = of(MODEL, "the_promises_hold_in_any_history")

PROMISED = (
    Listed(
        1,
        "Both sides become equal",
        "Once nobody edits any more, two runs make every mapped field equal, as far as both apps can hold it; a field "
        "that stays different is listed with its reason.",
        ANY_HISTORY
        + of(RULES, "when_edits_stop_both_sides_become_equal_and_stay_quiet")
        + of(
            CONVERGE,
            "two_runs_make_a_thousand_contacts_a_side_equal",
            "the_hub_carries_both_ways_and_comes_to_rest",
        ),
        "After a death, a lost answer or a lost ledger it takes the few runs more that the rules name.",
    ),
    Listed(
        2,
        "Then nothing is written",
        "The run after that plans nothing, sends nothing, and changes no row of the ledger but its own, the lock's and "
        "the cursors'.",
        of(CONVERGE, "the_third_run_asks_once_a_side_and_writes_nothing")
        + of(RULES, "when_edits_stop_both_sides_become_equal_and_stay_quiet")
        + of("tests/integration/test_quiet_runs.py", "quiet_runs_add_run_rows_only_and_housekeeping_bounds_them"),
    ),
    Listed(
        3,
        "Writes come to an end",
        "What a person did is written once, however many runs follow; two apps that answer each other are stopped.",
        of(PROMISES, "whatever_people_do_is_written_once_however_many_runs_follow")
        + of(FIELDS, "after_one_write_there_is_nothing_left_to_write")
        + of(ANSWERS, "f37_two_automations_that_answer_each_other_are_stopped"),
    ),
    Listed(
        4,
        "No edit is lost",
        "An edit on one side only wins. Where both sides edited a field, the value that lost is listed with both "
        "values, what was there before, the rule and the run.",
        ANY_HISTORY
        + of(RULES, "when_edits_stop_both_sides_become_equal_and_stay_quiet")
        + of(
            CONFLICTS,
            "the_newer_edit_wins_and_the_older_one_is_kept_with_everything_about_it",
            "what_is_newer_is_decided_field_by_field_only_where_both_edited",
        )
        + of(RACES, "a_card_edited_between_reading_and_writing_is_not_overwritten"),
    ),
    Listed(
        5,
        "Every value was typed for that contact",
        "What stands in a field is what a person typed for this contact, a rule's action, or what the app makes of "
        "either; what an app cut is never carried back.",
        ANY_HISTORY
        + of(FIELDS, "after_one_write_there_is_nothing_left_to_write")
        + of(FOLD, "a_value_that_came_back_cut_is_apart_and_the_source_keeps_the_whole_one")
        + of(ODD, "what_was_typed_stands_as_it_was_and_nobody_is_there_twice"),
    ),
    Listed(
        6,
        "Absent is not empty",
        "A field that did not come, cannot be read or is not mapped is never written; a blank clears nothing unless "
        "the file says so.",
        of(FIELDS, "what_was_not_read_writes_nothing_into_the_unknown")
        + of(
            SINGLE,
            "a_field_that_a_side_did_not_say_is_not_written_and_keeps_its_bases",
            "a_blank_never_clears_the_other_side",
        )
        + of(ANSWERS, "f18_what_a_user_may_no_longer_see_is_not_cleared_in_the_other_app"),
    ),
    Listed(
        7,
        "Nobody is there twice",
        "A person has one contact a side, wherever a run dies.",
        ANY_HISTORY
        + of(KILLS, "whatever_a_killed_run_left_is_found_and_finished")
        + of(CONVERGE, "nobody_is_there_twice")
        + of(RACES, "what_one_sync_of_the_hub_made_is_not_made_again_by_the_other"),
    ),
    Listed(
        8,
        "Nobody comes back from the dead",
        "Whoever was deleted is not made again by a later run, an old run started again, or a cursor that expired.",
        ANY_HISTORY
        + of(
            DELETIONS,
            "delete_deletes_the_unchanged_partner_once",
            "an_edit_beats_a_delete_and_the_deleted_does_not_return",
            "one_deleted_on_both_sides_that_reappears_is_held",
        )
        + of(OLD_RUNS, "an_old_run_started_again_after_newer_ones_carries_over_what_is_true_now"),
    ),
    Listed(
        9,
        "An edit beats a deletion",
        "A contact that is edited on one side while it is deleted on the other stays where it was edited, is held for "
        "a person, and the conflict is listed.",
        ANY_HISTORY
        + of(DELETIONS, "an_edit_beats_a_delete_and_the_deleted_does_not_return")
        + of("tests/unit/sync/test_table.py", "an_edit_beats_a_deletion"),
    ),
    Listed(
        10,
        "A contact is never half written",
        "Wherever a run dies, a contact is as it was or as it was to become, and so are its rows in the ledger: all "
        "that is to be written of it goes in one request.",
        of(KILLS, "whatever_a_killed_run_left_is_found_and_finished")
        + of(LEDGER_CRASH, "a_killed_process_leaves_nothing_half_done_and_a_rerun_finishes")
        + of(CRASH, "an_update_of_a_card_is_neither_lost_nor_repeated")
        + of(PROMISES, "whatever_was_edited_of_a_contact_goes_in_one_request")
        + of(
            WRITING,
            "a_contact_is_written_by_one_request_however_many_of_its_fields",
            "updates_of_many_fields_go_in_as_few_requests_as_declared",
            "a_job_is_one_request_for_all_its_contacts_and_their_fields",
        ),
    ),
    Listed(
        11,
        "A run may die anywhere",
        "Killed before, in or after any request or commit, it is finished by the next runs, and all of this still "
        "holds.",
        of(KILLS, "whatever_a_killed_run_left_is_found_and_finished")
        + of(CRASH, "a_run_may_die_at_any_commit")
        + ANY_HISTORY,
    ),
    Listed(
        12,
        "The same decision everywhere",
        "Order, pages, batches, the clock, zone and language of the machine and the seed of its hashes decide nothing; "
        "with the sides swapped every decision is mirrored.",
        of(PROMISES, "order_pages_and_batches_decide_nothing")
        + of(RULES, "the_order_in_which_things_are_read_does_not_matter")
        + of(FIELDS, "swapping_the_sides_mirrors_every_decision", "deciding_twice_is_deciding_once")
        + of("tests/unit/sync/test_table.py", "swapping_sides_mirrors_the_decision")
        + of(
            "tests/integration/test_same_everywhere.py",
            "zone_language_and_seed_of_a_machine_decide_nothing",
        )
        + of("tests/faults/test_clocks_and_certificates.py", "f13_our_own_clock_may_jump_a_day_either_way"),
    ),
    Listed(
        13,
        "One bad contact costs only itself",
        "It is held with its reason and tried again when there is reason to; everybody else is written as if it were "
        "not there.",
        of(REFUSED, "one_refused_create_in_a_hundred_is_held_with_the_vendors_words")
        + of(WRITING, "a_refused_create_costs_only_itself", "a_refused_update_costs_only_itself")
        + of(ODD, "each_is_synced_or_held_with_its_reason"),
    ),
    Listed(
        14,
        "Limits stop a run before its first write",
        "A plan over a limit writes nothing at all. A person lets exactly that plan pass, by its hash, and once.",
        of(
            LISTINGS,
            "more_deletions_than_allowed_pass_only_by_their_hash",
            "half_of_an_account_gone_stops_the_run_and_passes_once_by_its_hash",
            "letting_one_empty_account_pass_lets_no_other_pass",
        )
        + of(OLD_RUNS, "a_plan_that_was_let_pass_once_does_not_let_another_one_pass"),
    ),
    Listed(
        15,
        "Our own write is no edit",
        "Read back, it makes nothing to do; what somebody else changes at once after it does.",
        of(CONVERGE, "the_third_run_asks_once_a_side_and_writes_nothing")
        + of(ANSWERS, "f37_an_automation_that_edits_after_our_write_is_carried_back_once")
        + of(RACES, "a_foreign_edit_that_comes_with_the_answer_to_our_write_is_carried_on")
        + of(FOLD, "somebody_elses_edit_in_the_answer_is_a_change_of_the_next_run"),
    ),
    Listed(
        16,
        "Only what is asked for is written",
        "Contacts outside the filter and fields outside the mapping stay as they are, a side that only sends gets no "
        "write, and another filter or mapping deletes nobody.",
        of(
            PROMISES,
            "a_changed_filter_or_mapping_deletes_and_clears_nothing_though_deletions_are_carried",
            "a_side_that_only_sends_is_never_written",
        )
        + of(
            FILTERS,
            "who_leaves_and_comes_back_is_neither_deleted_blanked_nor_doubled_and_edits_are_reconciled",
        )
        + of(WRITING, "an_update_changes_what_it_names_and_nothing_else")
        + ANY_HISTORY,
    ),
    Listed(
        17,
        "A dry run writes nothing",
        "Not to an app, not to the ledger, no cursor; the only files are its own artefacts.",
        of(CONVERGE, "a_dry_run_changes_nothing_anywhere")
        + of(ENVIRONMENTS, "where_nothing_may_be_written_every_run_is_a_dry_run")
        + of(OLD_RUNS, "a_dry_run_stays_one_when_it_is_killed_retried_and_cleared")
        + of(FORMS, "a_sync_is_asked_for_what_its_form_says_or_the_form_is_refused"),
        "What belongs to an account and not to a sync (its rate budget, access token and field list) may be renewed.",
    ),
    Listed(
        18,
        "A cursor moves last",
        "It moves when what it covers is recorded, and on neither side where one page failed or a limit stopped the "
        "run.",
        of(PROMISES, "no_cursor_moves_where_one_page_of_one_side_failed")
        + of(
            LISTINGS,
            "a_wrong_listing_writes_and_deletes_nothing",
            "more_deletions_than_allowed_pass_only_by_their_hash",
        )
        + of("tests/property/test_incremental_reads.py", "deltas_end_as_complete_reads_do"),
    ),
    Listed(
        19,
        "One writer at a time",
        "Two runs of a sync never write in turns: whoever lost the lock sends nothing more.",
        of(
            LOCKS,
            "of_several_processes_one_gets_the_lock",
            "no_two_owners_ever_hold_one_fence",
            "without_the_fence_nothing_is_written",
        )
        + of(SEND, "two_processes_never_send_the_same", "a_lost_or_lapsed_lock_sends_nothing")
        + of(
            "tests/integration/test_runs_ledger.py",
            "a_lock_lost_in_the_middle_of_a_load_stops_it_before_the_next_request",
        )
        + of(
            "tests/airflow_cases/test_killed_loads.py",
            "a_suspended_load_that_wakes_up_after_another_run_took_over_sends_nothing_more",
        ),
    ),
    Listed(
        20,
        "No contact and no secret where it does not belong",
        "Neither is in logs, errors, Airflow's database, metrics, asset events or names of files; what holds contacts "
        "on disk is for its owner alone.",
        of("tests/unit/rest/test_canaries.py", "no_canary_in_what_is_raised_said_or_logged")
        + of("tests/dags/test_discretion.py", "a_run_that_fails_over_a_contact_shows_it_nowhere")
        + of(
            "tests/dags/test_metrics.py",
            "a_run_tells_its_outcomes_requests_waits_and_holds_and_no_contact",
        )
        + of(
            "tests/dags/test_assets.py",
            "an_event_is_sent_only_of_a_side_that_was_written_and_holds_counts_only",
        )
        + of("tests/dags/test_private_files.py", "ledger_artefacts_and_state_files"),
    ),
    Listed(
        21,
        "What is written is read again",
        "Every app gives back what was written, as it stores it; a normal form is its own normal form; what is not "
        "mapped stays to the byte.",
        of(
            WRITING,
            "a_create_is_proven_ours_and_reads_back_as_written",
            "an_update_changes_what_it_names_and_nothing_else",
            "elements_are_added_relabelled_removed_and_cleared",
        )
        + of("tests/unit/test_contact.py", "a_normal_form_is_its_own_normal_form")
        + of("tests/unit/mapping/test_normal_values.py", "a_normal_form_is_its_own_normal_form")
        + of(VCARD, "what_is_written_is_read_and_the_rest_stays", "an_untouched_card_stays_to_the_character")
        + of("tests/unit/apps/test_people_record.py", "what_is_written_reads_back_the_same")
        + of("tests/unit/apps/test_freshsales_record.py", "what_is_written_reads_back_the_same"),
    ),
    Listed(
        22,
        "Every contact is counted once",
        "Whoever is read stands in exactly one column of the summary, and the columns add up to what was read.",
        of(CONVERGE, "every_contact_read_is_in_one_bucket")
        + of("tests/unit/sync/test_reconcile.py", "every_shown_contact_is_counted_once"),
    ),
)
