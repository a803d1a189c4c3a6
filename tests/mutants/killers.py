"""Which test kills which seeded fault: (file, test)."""

from __future__ import annotations

KILLERS: dict[str, tuple[str, str]] = {
    "no intent before the request": (
        "tests/mutants/test_killers.py",
        "test_a_create_whose_answer_was_lost_is_not_made_again_while_listings_lag_behind",
    ),
    "intent after the request": (
        "tests/mutants/test_killers.py",
        "test_a_create_whose_answer_was_lost_is_not_made_again_while_listings_lag_behind",
    ),
    "a contact written field by field": (
        "tests/contract/apps/test_writing.py",
        "test_a_contact_is_written_by_one_request_however_many_of_its_fields[freshsales_suite]",
    ),
    "no pre-write check": (
        "tests/integration/test_runs_checked.py",
        "test_whom_the_check_cannot_read_is_not_overwritten",
    ),
    "no point read before a delete": (
        "tests/integration/test_runs_deletions.py",
        "test_a_source_that_is_restored_after_the_plan_was_made_stops_the_delete",
    ),
    "results taken by position": ("tests/mutants/test_killers.py", "test_the_answers_to_a_batch_may_come_in_any_order"),
    "a create sent again after a time-out": (
        "tests/unit/rest/test_writes.py",
        "test_an_unanswered_post_is_sent_exactly_once",
    ),
    "a marked create made again after one listing": (
        "tests/unit/sync/test_unknowns.py",
        "test_a_marked_create_is_given_up_after_two_complete_later_listings",
    ),
    "the key index not asked before a create": (
        "tests/integration/test_runs_matching.py",
        "test_two_of_one_are_held_and_judged_again_when_one_of_them_changes",
    ),
    "a plan without the link's version": (
        "tests/mutants/test_killers.py",
        "test_the_second_edit_of_a_contact_is_another_action_than_the_first",
    ),
    "guard only when nothing at all is listed": (
        "tests/unit/sync/test_guards.py",
        "test_a_complete_listing_of_under_half_of_the_known_contacts_stops_the_run",
    ),
    "guard after the first write": (
        "tests/integration/test_runs_listings.py",
        "test_half_of_an_account_gone_stops_the_run_and_passes_once_by_its_hash",
    ),
    "a link before its create": (
        "tests/mutants/test_killers.py",
        "test_a_create_that_was_refused_or_not_sent_links_nobody",
    ),
    "half a link kept": ("tests/mutants/test_killers.py", "test_a_create_that_was_refused_or_not_sent_links_nobody"),
    "one base for both sides": (
        "tests/unit/sync/test_fold.py",
        "test_a_value_that_came_back_cut_is_apart_and_the_source_keeps_the_whole_one",
    ),
    "base = what was sent": (
        "tests/unit/sync/test_fold.py",
        "test_a_value_that_came_back_cut_is_apart_and_the_source_keeps_the_whole_one",
    ),
    "base moved for fields that were not written": (
        "tests/unit/sync/test_fold.py",
        "test_somebody_elses_edit_in_the_answer_is_a_change_of_the_next_run",
    ),
    "a value that was cut taken for an edit": (
        "tests/unit/sync/test_fold.py",
        "test_a_value_that_came_back_cut_is_apart_and_the_source_keeps_the_whole_one",
    ),
    "a default of the app carried back": (
        "tests/mutants/test_killers.py",
        "test_what_the_other_app_makes_of_a_value_is_not_carried_back",
    ),
    "no tombstone": (
        "tests/mutants/test_killers.py",
        "test_who_was_deleted_is_not_made_again_when_a_late_listing_still_shows_the_partner",
    ),
    "the cursor moved before the run is recorded": (
        "tests/mutants/test_killers.py",
        "test_a_run_that_dies_before_it_is_recorded_leaves_the_cursor_where_it_was",
    ),
    "a dry run stores its cursors": (
        "tests/mutants/test_killers.py",
        "test_a_dry_run_leaves_the_next_run_everything_to_do",
    ),
    "not listed = gone": (
        "tests/unit/sync/test_links.py",
        "test_a_missing_contact_waits_for_a_point_read_and_nothing_is_written_meanwhile",
    ),
    "a blank clears": ("tests/unit/sync/test_conflicts_single.py", "test_a_blank_never_clears_the_other_side"),
    "a field that was not shown clears": (
        "tests/unit/sync/test_conflicts_single.py",
        "test_a_field_that_a_side_did_not_say_is_not_written_and_keeps_its_bases",
    ),
    "a delete beats an edit": ("tests/unit/sync/test_table.py", "test_an_edit_beats_a_deletion"),
    "a change of version alone tells of an edit": (
        "tests/unit/sync/test_links.py",
        "test_newest_wins_only_where_the_times_prove_it",
    ),
    "keys in capitals differ": ("tests/unit/test_contact.py", "test_spellings_of_one_e_mail_address"),
    "a key overrides a link": ("tests/unit/sync/test_reconcile.py", "test_a_link_whose_action_is_not_settled_waits"),
    "a value that lost is not listed": (
        "tests/unit/sync/test_links.py",
        "test_a_conflict_is_logged_with_both_values_both_bases_and_the_rule",
    ),
    "the order of reading decides": (
        "tests/mutants/test_killers.py",
        "test_the_order_in_which_contacts_are_read_decides_nothing",
    ),
    "no lock": (
        "tests/contract/ledger/test_ledger_locks.py",
        "test_a_held_lock_is_refused_and_names_holder_and_expiry[sqlite]",
    ),
    "no fence": ("tests/contract/ledger/test_ledger_locks.py", "test_an_expired_lock_is_taken_by_another[sqlite]"),
    "no claim": ("tests/contract/ledger/test_ledger_send.py", "test_an_earlier_claim_sends_nothing[sqlite]"),
    "no account lease": ("tests/mutants/test_killers.py", "test_an_account_that_another_sync_writes_to_is_left_alone"),
    "a token refreshed without waiting for one's turn": (
        "tests/contract/ledger/test_ledger_tokens.py",
        "test_tokens_come_back_to_the_same_credentials_alone[sqlite]",
    ),
    "an unfinished listing taken for a whole one": (
        "tests/integration/test_runs_checked.py",
        "test_a_check_without_its_end_proves_nothing",
    ),
    "a cursor that leaves out its own second": (
        "tests/integration/test_freshsales_sandbox.py",
        "test_a_contact_looks_the_same_wherever_it_is_shown",
    ),
    "a cursor by our own clock": (
        "tests/mutants/test_killers.py",
        "test_a_cursor_goes_by_the_vendors_clock_where_ours_is_ahead",
    ),
    "a date read by the zone of the machine": (
        "tests/unit/mapping/test_conversions.py",
        "test_an_instant_is_the_day_that_the_zone_shows",
    ),
    "lines of a card that nobody maps are dropped": (
        "tests/unit/apps/test_vcard.py",
        "test_nothing_asked_nothing_changed",
    ),
    "the vendor's words kept as they are": (
        "tests/unit/rest/test_redaction.py",
        "test_written_values_are_left_out_and_the_length_is_bounded",
    ),
    "who left the filter is kept up to date": (
        "tests/mutants/test_killers.py",
        "test_who_left_the_filter_is_left_alone",
    ),
    "a closed direction lets everybody through": (
        "tests/mutants/test_killers.py",
        "test_who_left_the_filter_is_left_alone",
    ),
    "who is deleted outside the filter is deleted": (
        "tests/mutants/test_killers.py",
        "test_who_is_deleted_outside_the_filter_stays_on_the_other_side",
    ),
    "who is outside the filter is made": (
        "tests/mutants/test_killers.py",
        "test_who_is_outside_the_filter_is_not_made",
    ),
    "bases of another mapping count": (
        "tests/integration/test_runs_promises.py",
        "test_a_changed_filter_or_mapping_deletes_and_clears_nothing_though_deletions_are_carried",
    ),
    "bases of a field taken out count": (
        "tests/integration/test_runs_promises.py",
        "test_a_changed_filter_or_mapping_deletes_and_clears_nothing_though_deletions_are_carried",
    ),
    "what is too long is sent": (
        "tests/mutants/test_killers.py",
        "test_what_is_declared_too_long_or_no_choice_is_held",
    ),
    "a choice that is not there is sent": (
        "tests/mutants/test_killers.py",
        "test_what_is_declared_too_long_or_no_choice_is_held",
    ),
    "more at once than the vendor takes": (
        "tests/mutants/test_killers.py",
        "test_a_vendor_without_batches_and_searches_gets_one_at_a_time",
    ),
    "a vendor that cannot find is asked to": (
        "tests/mutants/test_killers.py",
        "test_a_vendor_without_batches_and_searches_gets_one_at_a_time",
    ),
    "what an undo left is replaced unseen": (
        "tests/mutants/test_killers.py",
        "test_an_edit_after_an_undo_replaces_nothing_unlisted",
    ),
    "consent follows the policy of conflicts": (
        "tests/mutants/test_killers.py",
        "test_an_opt_out_wins_whatever_the_file_says_of_conflicts[right]",
    ),
    "an opt-in is reverted": (
        "tests/mutants/test_killers.py",
        "test_an_opt_out_that_somebody_took_back_does_not_return",
    ),
    "an opt-out is carried though the file says no": (
        "tests/mutants/test_killers.py",
        "test_an_opt_out_stays_where_the_file_says_so",
    ),
    "two primary numbers": (
        "tests/mutants/test_killers.py",
        "test_of_two_numbers_made_the_primary_one_on_either_side_one_is",
    ),
    "a removal beats an edit": (
        "tests/mutants/test_killers.py",
        "test_an_element_that_was_edited_while_it_was_removed_stays",
    ),
    "a number spelled otherwise is another": (
        "tests/mutants/test_killers.py",
        "test_a_number_that_is_spelled_otherwise_on_the_other_side_is_there_once",
    ),
}
