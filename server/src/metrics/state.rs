//! The metrics that are read for each response: the state of the server and of its files.

use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, IntCounter, IntGaugeVec, Opts};

use super::VALID;
use super::exposition::Sources;
use crate::log;
use crate::store::{State, Task};
use crate::timestamp::Timestamp;
use crate::version;

/// Reads the state. A value that does not exist, as the time of the last backup before the first one, has no metric.
pub(super) async fn read(sources: &Sources) -> Vec<MetricFamily> {
    let is_ready = !sources.is_draining() && sources.store.readiness().await.is_ok();
    let State { waiting_writes, database_bytes, log_bytes, unrecorded_uses, unrecorded_refusals } =
        sources.store.state();
    let mut families = build_info();
    let mut gauge =
        |name, help, value: Option<f64>| families.extend(value.into_iter().flat_map(|it| gauge(name, help, it)));
    gauge(
        "aether_ready",
        "Whether the server can write and is not about to stop, as /readyz tells.",
        Some(f64::from(u8::from(is_ready))),
    );
    gauge("aether_http_connections", "Open connections.", Some(float(sources.connections.open())));
    gauge("aether_http_connections_limit", "Maximum number of open connections.", Some(float(sources.max_connections)));
    gauge("aether_writer_queue_length", "Writes that wait for their turn.", Some(float(waiting_writes)));
    gauge("aether_database_size_bytes", "Size of the database file.", database_bytes.map(float));
    gauge("aether_database_wal_size_bytes", "Size of the write-ahead log.", log_bytes.map(float));
    let expiry = sources.certificate.as_ref().map(|certificate| seconds(certificate.not_after()));
    gauge("aether_certificate_expiry_timestamp_seconds", "Expiry of the certificate in use.", expiry);
    for (task, name, help) in [
        (Task::Backup, "aether_last_backup_timestamp_seconds", "Time of the last backup."),
        (Task::Purge, "aether_last_purge_timestamp_seconds", "Time of the last purge."),
        (
            Task::AuditVerify,
            "aether_last_audit_verify_timestamp_seconds",
            "Time of the last verification of the audit log without a problem.",
        ),
    ] {
        // A database that cannot be read makes the server not ready.
        gauge(name, help, sources.store.last_finished(task).await.ok().flatten().map(seconds));
    }
    for (name, help, value) in [
        ("aether_log_lines_dropped_total", "Log lines that were not written.", log::dropped_lines()),
        ("aether_uses_not_recorded_total", "Uses of tokens that last_used_at does not show.", unrecorded_uses),
        ("aether_refusals_not_recorded_total", "Refusals that no audit event counts.", unrecorded_refusals),
    ] {
        families.extend(counter(name, help, value));
    }
    families
}

fn build_info() -> Vec<MetricFamily> {
    let info = IntGaugeVec::new(Opts::new("aether_build_info", "The build of the server."), &["version", "commit"]);
    let info = info.expect(VALID);
    info.with_label_values(&[version::VERSION, version::COMMIT.unwrap_or_default()]).set(1);
    info.collect()
}

fn gauge(name: &str, help: &str, value: f64) -> Vec<MetricFamily> {
    let gauge = Gauge::new(name, help).expect(VALID);
    gauge.set(value);
    gauge.collect()
}

fn counter(name: &str, help: &str, value: u64) -> Vec<MetricFamily> {
    let counter = IntCounter::new(name, help).expect(VALID);
    counter.inc_by(value);
    counter.collect()
}

/// The seconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "a float has milliseconds for centuries")]
fn seconds(time: Timestamp) -> f64 {
    time.as_millis() as f64 / 1e3
}

/// A size or a number.
#[expect(clippy::cast_precision_loss, reason = "the format has floats only")]
fn float(value: impl TryInto<u64>) -> f64 {
    value.try_into().unwrap_or(u64::MAX) as f64
}
