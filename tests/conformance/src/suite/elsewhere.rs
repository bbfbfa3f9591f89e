//! The tests of the contract that HTTP alone does not allow. A run lists them as skipped, and a test of this repository
//! compares the list with the tests that exist.

use std::fmt;

/// The reason why a test of the contract needs more than HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// It moves the clock.
    Clock,
    /// It locks, breaks or reads the database.
    Database,
    /// It reads this repository only.
    Documentation,
    /// It starts the server with options of its own.
    Options,
    /// It writes to the connection itself.
    Connection,
    /// It is about endpoints that are not in the contract.
    OutsideContract,
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clock => "moves the clock of the server",
            Self::Database => "locks, breaks or reads the database of the server",
            Self::Documentation => "reads the repository of the contract",
            Self::Options => "starts the server with options of its own",
            Self::Connection => "writes to the connection itself",
            Self::OutsideContract => "is about endpoints that are not in the contract",
        })
    }
}

use Elsewhere::{Clock, Connection, Database, Documentation, Options, OutsideContract};

/// The names of the tests with the reasons.
pub const ELSEWHERE: &[(&str, Elsewhere)] = &[
    ("clock::expired_token_stays_expired_after_clock_step_back", Clock),
    ("clock::ended_token_stays_expired_when_clock_steps_back", Clock),
    ("clock::reported_expiry_of_a_target_is_final", Clock),
    ("clock::observed_expiry_is_reported_whatever_the_clock_shows", Clock),
    ("database_failures::broken_database_returns_500_from_every_operation", Database),
    ("database_failures::expired_token_on_locked_database_returns_503", Database),
    ("database_failures::malformed_database_returns_500", Database),
    ("database_failures::write_on_moved_database_returns_503_without_change", Database),
    ("database_failures::write_on_locked_database_returns_503_without_change", Database),
    ("documentation::published_operation_is_unchanged", Documentation),
    ("documentation::guide_to_errors_has_every_code", Documentation),
    ("ext_authz::every_method_and_path_is_authorized_like_a_get", OutsideContract),
    ("ext_authz::path_and_query_of_the_client_do_not_change_the_scopes", OutsideContract),
    ("ext_authz::prefix_without_scopes_is_rejected_with_403", OutsideContract),
    ("ext_authz::unsent_body_is_not_awaited", OutsideContract),
    ("ext_authz::connect_opens_no_tunnel", OutsideContract),
    ("ext_authz::refusals_and_uses_are_recorded", OutsideContract),
    ("idempotency_records::request_during_identical_one_is_rejected_with_409", Database),
    ("idempotency_records::rotation_during_identical_one_is_rejected_with_409", Database),
    ("idempotency_records::key_is_reusable_after_a_day", Clock),
    ("idempotency_records::replay_is_found_whatever_the_clock_shows", Clock),
    ("idempotency_records::records_are_deleted_when_caller_is_revoked", Database),
    ("idempotency_records::sealed_record_does_not_open_for_another_caller", Database),
    ("limits::every_operation_draws_from_bucket_of_token", Options),
    ("limits::headers_report_remaining_requests", Options),
    ("limits::concurrent_requests_draw_one_each", Options),
    ("limits::bucket_is_per_token_and_inherited_by_successor", Options),
    ("limits::verification_is_not_rate_limited", Options),
    ("limits::rejected_tokens_are_limited_by_address", Options),
    ("limits::authorize_returns_401_above_refusal_limit", Options),
    ("limits::malformed_tokens_do_not_count_as_rejections", Options),
    ("limits::forwarded_address_is_used_only_from_trusted_proxy", Options),
    ("limits::limits_set_to_off_are_not_applied", Options),
    ("limits::expiry_beyond_maximum_life_is_rejected_with_422", Options),
    ("limits::creation_above_token_limit_is_rejected_with_409", Options),
    ("limits::rotation_at_token_limit_is_accepted_once", Options),
    ("limits::successor_has_at_most_maximum_life", Options),
    ("management::contract_is_served_verbatim", OutsideContract),
    ("management::broken_database_fails_readiness_but_not_health", OutsideContract),
    ("management::every_contract_example_matches_its_schema", OutsideContract),
    ("mounted::both_servers_route_alike", Options),
    ("privilege_escalation::many_request_sequences_never_extend_scopes_or_life", Options),
    ("race_pairs::each_pair_of_changes_on_a_locked_database_has_an_allowed_result", Database),
    ("races::concurrent_creations_do_not_exceed_token_limit", Options),
    ("races::change_is_decided_by_the_present_scopes_and_expiry_of_the_caller", Database),
    ("races::caller_that_dies_while_its_change_waits_is_refused", Database),
    ("races::change_is_dated_when_it_is_decided", Database),
    ("races::flood_of_one_organization_does_not_delay_another", Database),
    ("races::other_changes_run_during_a_revocation_of_descendants", Database),
    ("reference_page::page_refers_to_files_of_the_server_only", OutsideContract),
    ("reference_page::every_file_has_the_headers_of_security", OutsideContract),
    ("reference_page::file_is_compressed_if_the_client_accepts_it", OutsideContract),
    ("reference_page::known_file_is_304_without_a_body", OutsideContract),
    ("reference_page::head_has_the_length_and_no_body", OutsideContract),
    ("reference_page::other_method_is_rejected_with_405", OutsideContract),
    ("reference_page::trailing_slash_is_redirected", OutsideContract),
    ("reference_page::page_is_absent_if_it_is_switched_off", OutsideContract),
    ("reference_page::licences_are_served", OutsideContract),
    ("refusals::refusals_of_a_token_are_recorded_once_a_minute", Database),
    ("secrecy::secrets_are_not_written_to_disk", Database),
    ("slow_body::body_timeout_applies_to_every_operation", Connection),
    ("slow_body::body_of_anonymous_request_is_not_read", Connection),
];
