"""What the vendors and the wire to them do."""

from __future__ import annotations

from listed import Listed, of

STRANGE = "tests/faults/test_clocks_and_certificates.py"
ODD = "tests/faults/test_odd_answers.py"
SCOPES = "tests/faults/test_scopes.py"
LOST = "tests/faults/test_lost_answers.py"
CRASH = "tests/integration/test_runs_crash.py"
TROUBLES = "tests/integration/test_runs_troubles.py"
LISTINGS = "tests/integration/test_runs_listings.py"
RACES = "tests/integration/test_runs_races.py"
LEDGER = "tests/integration/test_runs_ledger.py"
READING = "tests/integration/test_runs_reading.py"
MERGED = "tests/integration/test_runs_merged.py"
BIN = "tests/integration/test_runs_recycle_bin.py"
CHECKED = "tests/integration/test_runs_checked.py"
REFUSED = "tests/integration/test_runs_refused.py"
ROTATING = "tests/integration/test_rotating_tokens.py"
FRESHSALES = "tests/integration/test_freshsales_sandbox.py"
GOOGLE = "tests/integration/test_google_sandbox.py"
CARDDAV = "tests/integration/test_carddav_radicale.py"
ODDITIES = "tests/unit/apps/test_carddav_oddities.py"
WRITING = "tests/contract/apps/test_writing.py"
CONTRACT_READING = "tests/contract/apps/test_reading.py"
READS = "tests/unit/rest/test_reads.py"
WRITES = "tests/unit/rest/test_writes.py"
AUTH = "tests/unit/rest/test_auth.py"
LINKS = "tests/unit/sync/test_links.py"
FILTERS = "tests/integration/test_runs_filters.py"
BOMBS = "tests/unit/test_bombs.py"

OF_VENDORS = (
    Listed(
        2,
        "A create took effect and its answer is lost",
        "There is exactly one such contact, and a later run recognises it.",
        of(LOST, "f02_a_create_without_its_answer_is_made_once")
        + of(
            CRASH,
            "a_create_in_google_is_found_by_its_mark",
            "a_create_in_freshsales_is_found_by_its_e_mail",
            "a_create_on_a_carddav_server_is_found_by_its_uid",
        )
        + of(TROUBLES, "a_create_whose_outcome_is_unknown_is_neither_repeated_nor_lost")
        + of(WRITING, "a_create_whose_answer_is_lost_is_sent_once_and_found_again"),
    ),
    Listed(
        4,
        "An update's answer is lost, or it arrives twice",
        "A patch names the values wanted, so a second one changes nothing, and the base moves only for what is there.",
        of(LOST, "f04_an_update_without_its_answer_or_sent_twice_is_there_once")
        + of(TROUBLES, "an_update_whose_outcome_is_unknown_comes_through")
        + of(CRASH, "an_update_of_a_card_is_neither_lost_nor_repeated"),
    ),
    Listed(
        5,
        "A deletion's answer is lost, or the contact is gone already",
        "Gone is what was wanted: it counts as done.",
        of(LOST, "f05_a_deletion_without_its_answer_or_sent_twice_is_done")
        + of(WRITING, "a_deletion_is_done_and_a_second_one_does_no_harm")
        + of(GOOGLE, "deletions_go_in_one_batch_and_the_gone_cost_only_themselves")
        + of(CARDDAV, "a_card_deleted_meanwhile_is_overtaken_and_deleting_it_is_done"),
    ),
    Listed(
        6,
        "A listing comes back empty with HTTP 200",
        "Nobody is deleted; a complete read that shows nobody stops the run.",
        of(
            LISTINGS,
            "an_empty_account_never_empties_the_other",
            "a_wrong_listing_writes_and_deletes_nothing",
            "letting_one_empty_account_pass_lets_no_other_pass",
        ),
    ),
    Listed(
        7,
        "A listing is cut, repeats a page or goes round in circles",
        "It fails, or proves nothing about whom it does not show.",
        of(LISTINGS, "a_wrong_listing_writes_and_deletes_nothing")
        + of(
            "tests/unit/rest/test_pagination.py",
            "a_loop_over_several_pages_is_seen",
            "ever_new_tokens_end_at_the_limit",
        )
        + of(ODDITIES, "a_listing_without_its_end_is_an_error_not_an_empty_page"),
    ),
    Listed(
        8,
        "A listing shows fewer contacts than it counts, or lacks a known one",
        "No deletion follows from a listing: whom it lacks is asked for by id.",
        of(FRESHSALES, "a_listing_that_does_not_add_up_is_an_error")
        + of(
            LISTINGS,
            "half_of_an_account_gone_stops_the_run_and_passes_once_by_its_hash",
            "a_wrong_listing_writes_and_deletes_nothing",
        )
        + of(LINKS, "a_missing_contact_waits_for_a_point_read_and_nothing_is_written_meanwhile"),
        "A sentinel contact is not kept: the rule above makes it needless.",
    ),
    Listed(
        9,
        "The delta cursor expires, at the first page or a later one",
        "What was read of it is thrown away and the side is read completely, once.",
        of(
            ODD,
            "f09_a_cursor_that_ends_at_a_later_page_means_a_complete_read",
            "f09_a_book_that_refuses_its_token_is_read_completely",
        )
        + of(TROUBLES, "an_expired_sync_token_means_a_complete_read")
        + of(GOOGLE, "an_expired_token_is_told_in_every_form", "a_token_may_expire_at_a_later_page")
        + of(CARDDAV, "an_unknown_token_is_an_expired_cursor")
        + of(ODDITIES, "a_refused_token_is_an_expired_cursor"),
    ),
    Listed(
        10,
        "The cursor or the credentials belong to another account or other filters",
        "Another account stops the run; a cursor made for something else counts as expired.",
        of(LEDGER, "another_account_behind_the_connection_stops_the_run", "changed_credentials_are_checked_at_once")
        + of(FRESHSALES, "a_cursor_of_another_view_is_expired")
        + of(GOOGLE, "a_cursor_for_other_fields_is_expired")
        + of(CONTRACT_READING, "a_cursor_that_is_no_longer_good_is_never_an_empty_answer"),
    ),
    Listed(
        11,
        "Somebody edits a contact between reading and writing",
        "The write does not happen, or does not touch that field; the next run plans anew.",
        of(
            RACES,
            "a_google_contact_edited_meanwhile_is_not_overwritten",
            "a_freshsales_contact_edited_before_our_check_is_not_overwritten",
            "a_card_edited_between_reading_and_writing_is_not_overwritten",
        )
        + of(WRITING, "a_contact_that_changed_since_it_was_read_is_not_overwritten"),
    ),
    Listed(
        12,
        "Contacts change places while pages are read",
        "Nothing is lost by the next run.",
        of(FRESHSALES, "rows_that_move_while_pages_are_read_are_not_lost")
        + of("tests/property/test_incremental_reads.py", "deltas_end_as_complete_reads_do"),
    ),
    Listed(
        14,
        "Listings follow writes late, or come from stale copies in turn",
        "Nobody is made twice, reverted or deleted.",
        of(ODD, "f14_a_stale_copy_that_answers_every_other_time_neither_doubles_nor_reverts")
        + of(
            RACES,
            "a_lagging_freshsales_neither_reverts_our_write_nor_creates_twice",
            "a_lagging_google_neither_reverts_our_write_nor_creates_twice",
        )
        + of(
            READING,
            "whom_we_deleted_does_not_come_back_with_a_listing_that_follows_behind",
            "an_edit_that_was_read_by_id_is_not_taken_back_by_an_older_listing",
        ),
    ),
    Listed(
        15,
        "The vendor answers 429, with or without a hint, or for ever",
        "It is waited for within bounds that all processes share; no create is doubled; then the run fails cleanly.",
        of(TROUBLES, "too_many_requests_are_waited_for", "a_vendor_that_never_stops_refusing_is_left_alone")
        + of(
            READS,
            "a_date_in_retry_after",
            "an_absurd_wait_becomes_a_short_one",
            "an_hour_is_left_to_the_scheduler",
            "429_without_a_hint",
        )
        + of(WRITES, "429_is_waited_for_because_nothing_was_done", "after_a_429_an_unknown_outcome_stays_one")
        + of(
            "tests/contract/ledger/test_ledger_rates.py",
            "four_processes_together_stay_within_every_window",
            "a_429_makes_every_process_wait",
        )
        + of(GOOGLE, "a_spent_quota_sends_nothing_and_says_so"),
    ),
    Listed(
        16,
        "The vendor answers 5xx, before or after the effect",
        "Reads are tried again; a write never is before it is known what became of it.",
        of(LOST, "f16_an_error_before_or_after_the_effect_is_no_reason_to_repeat_a_write")
        + of(
            TROUBLES,
            "reads_are_tried_again_on_server_errors",
            "a_server_that_stays_down_fails_the_run_and_loses_nothing",
            "a_create_whose_outcome_is_unknown_is_neither_repeated_nor_lost",
            "an_update_whose_outcome_is_unknown_comes_through",
        )
        + of(WRITES, "no_write_is_repeated_once_its_outcome_is_unknown"),
    ),
    Listed(
        17,
        "A token ends in the middle of a run; refreshes race; a rotated token is lost",
        "One refresh serves all, the new token is stored before it is used, and a lost one is said with what to do.",
        of(AUTH, "a_401_renews_once_and_sends_again", "threads_share_one_refresh")
        + of(
            ROTATING,
            "processes_that_start_at_once_refresh_once",
            "a_task_that_is_ended_while_the_vendor_answers_keeps_what_it_was_given",
            "what_a_killed_process_lost_is_healed_by_authorising_again",
        )
        + of(TROUBLES, "rotated_refresh_tokens_are_kept", "revoked_credentials_end_the_run_with_what_to_do"),
    ),
    Listed(
        18,
        "The vendor forbids a field, a contact or a whole scope",
        "What may not be read is unknown, neither blank nor gone.",
        of(ODD, "f18_what_a_user_may_no_longer_see_is_not_cleared_in_the_other_app")
        + of(
            SCOPES,
            "f18_a_whole_account_that_may_no_longer_be_read_stops_the_run_and_changes_nothing",
            "f18_a_contact_that_may_no_longer_be_read_is_neither_deleted_nor_cleared",
            "f18_a_card_that_may_no_longer_be_read_is_neither_deleted_nor_cleared",
        )
        + of(
            FRESHSALES, "a_forbidden_contact_is_not_gone", "searches_without_custom_fields_are_neither_blank_nor_blind"
        )
        + of("tests/unit/apps/test_freshsales_record.py", "what_did_not_come_is_missing_not_blank")
        + of("tests/property/test_sync_fields.py", "what_was_not_read_writes_nothing_into_the_unknown")
        + of(GOOGLE, "credentials_that_may_only_read_send_nothing"),
    ),
    Listed(
        19,
        "A batch is answered in part, in another order, too short or with ids nobody asked for",
        "Each contact has an outcome of its own; whom the answer lacks is looked up.",
        of(
            ODD,
            "f19_a_batch_of_creates_is_settled_by_its_keys",
            "f19_a_batch_of_updates_and_the_reading_before_it_are_settled_by_their_keys",
        )
        + of(GOOGLE, "creates_without_an_answer_are_unknown_and_found_by_their_mark")
        + of(ODDITIES, "what_the_answer_to_a_multiget_lacks_is_asked_for_alone"),
    ),
    Listed(
        20,
        "One contact spoils its batch",
        "It alone is held; the others are written, at the cost of few more requests.",
        of(GOOGLE, "who_is_bad_is_found_by_halving_where_google_names_nobody", "a_bad_create_costs_only_itself")
        + of(REFUSED, "one_refused_create_in_a_hundred_is_held_with_the_vendors_words")
        + of(WRITING, "a_refused_create_costs_only_itself", "a_refused_update_costs_only_itself"),
    ),
    Listed(
        21,
        "The target stores something else than it was sent",
        "The form it keeps is no edit to carry back; one that changes each time is held.",
        of(CHECKED, "a_form_of_its_own_is_no_loss_where_the_version_proves_that_it_is_ours")
        + of(TROUBLES, "a_write_that_stored_nothing_is_held")
        + of("tests/model/test_model.py", "the_promises_hold_in_any_history"),
    ),
    Listed(
        22,
        "The target fills in defaults of its own",
        "They stay there, listed as apart, until somebody edits either side; they never replace what a person typed.",
        of(ODD, "f22_defaults_of_the_target_stay_there_until_somebody_edits_and_never_replace_what_was_typed")
        + of(RACES, "a_foreign_edit_that_comes_with_the_answer_to_our_write_is_carried_on"),
    ),
    Listed(
        23,
        "The vendor merges contacts or gives them other ids",
        "The link follows; of two that became one, the second partner is held and neither changed nor deleted.",
        of(
            MERGED,
            "a_contact_under_a_new_id_keeps_its_partner",
            "of_two_that_became_one_the_second_loses_its_partner_and_is_held",
        )
        + of("tests/unit/sync/test_reconcile.py", "merged_into_a_contact_deleted_on_both_sides_the_link_is_parted"),
    ),
    Listed(
        24,
        "A contact leaves the view or filter, lies in the bin, or is forgotten",
        "Leaving is no deletion; who is forgotten is forgotten here too and does not come back.",
        of(
            FILTERS,
            "who_leaves_and_comes_back_is_neither_deleted_blanked_nor_doubled_and_edits_are_reconciled",
        )
        + of(
            BIN,
            "who_is_in_the_bin_is_deleted_in_the_other_app_too",
            "who_is_gone_without_being_in_the_bin_is_held_and_its_partner_stays",
        )
        + of("tests/integration/test_runs_forgotten.py", "it_does_not_come_back_and_its_edits_do_not_flow"),
    ),
    Listed(
        26,
        "A custom field is removed, gets another type, or is made anew under the same name",
        "What is no longer shown is unknown and clears nothing; a field that is gone stops the run, which names it; "
        "one that was made anew is a new field, which nobody cleared, as its id tells.",
        of(
            ODD,
            "f26_a_custom_field_that_is_removed_clears_nothing_and_is_named",
            "f26_a_custom_field_that_is_deleted_and_made_anew_is_a_new_one_and_nobody_cleared_it",
            "f26_a_custom_field_that_becomes_a_number_takes_no_text_and_clears_nothing",
        )
        + of(
            "tests/integration/test_pairs_of_apps.py",
            "a_field_that_the_account_lacks_stops_the_run_before_it_reads",
            "a_text_where_freshsales_holds_numbers_is_held_and_never_sent",
        ),
        "Only Freshsales has such fields: in Google and on cards a field of one's own is part of each contact.",
    ),
    Listed(
        33,
        "An answer drips, never ends, unpacks to a bomb, is a web page or breaks its own format",
        "Time, size and depth are bounded, and what is no answer of the API is never read as one.",
        of(READS, "a_server_that_drips_meets_the_deadline", "a_gzip_bomb_stops_at_the_limit")
        + of(READS, "a_damaged_answer_is_a_lost_connection_never_a_short_page")
        + of(BOMBS, "each_ends_soon_in_a_value_or_an_error_of_ours", "nothing_of_an_entity_is_read")
        + of("tests/contract/apps/test_declared.py", "a_web_page_is_neither_an_account_nor_an_empty_one"),
    ),
    Listed(
        34,
        "The certificate is wrong, or a redirect leads elsewhere or to plain http",
        "Refused, and no credential leaves.",
        of(STRANGE, "f34_a_server_with_a_wrong_certificate_hears_nothing")
        + of(
            READS,
            "another_port_never_sees_the_credentials",
            "redirects_do_not_go_round_for_ever",
            "a_next_link_to_another_place_is_refused",
        )
        + of(WRITES, "a_handshake_that_fails_is_nothing_sent")
        + of(ODDITIES, "credentials_do_not_follow_to_a_foreign_host"),
    ),
    Listed(
        37,
        "An automation of the target edits the contact right after our write",
        "That is an edit like any other; a field that both sides rewrite in turn is held.",
        of(
            ODD,
            "f37_an_automation_that_edits_after_our_write_is_carried_back_once",
            "f37_two_automations_that_answer_each_other_are_stopped",
        )
        + of(CHECKED, "whoever_edits_before_our_write_is_read_back_keeps_his_value_and_both_are_kept")
        + of("tests/unit/sync/test_guards.py", "a_field_rewritten_in_turn_three_times_flips")
        + of(LINKS, "a_flipping_field_is_held_and_the_others_flow"),
    ),
)
