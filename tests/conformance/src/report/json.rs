//! The report as JSON.

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::Report;
use crate::suite::Outcome;

impl Report {
    /// The report as a JSON object. Times are in seconds.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (passed, failed, skipped) = self.counts();
        let tests = self.results.iter().map(|result| {
            let (outcome, reason) = match &result.outcome {
                Outcome::Passed => ("passed", None),
                Outcome::Failed(reason) => ("failed", Some(reason)),
                Outcome::Skipped(reason) => ("skipped", Some(reason)),
            };
            json!({
                "name": result.name, "outcome": outcome, "reason": reason, "seconds": result.duration.as_secs_f64(),
            })
        });
        let responses = self.matrix.rows.iter().flat_map(|row| {
            row.statuses.iter().map(
                |(status, is_observed)| json!({"operation": row.operation, "status": status, "observed": is_observed}),
            )
        });
        let missing = self.missing_values.iter().map(|(list, value)| json!({"list": list, "value": value}));
        json!({
            "suite_version": env!("CARGO_PKG_VERSION"),
            "contract_version": crate::contract::CONTRACT.document()["info"]["version"],
            "url": self.url,
            "organization_id": self.organization_id,
            "begun_at": self.begun_at.to_rfc3339_opts(SecondsFormat::Millis, true),
            "seconds": self.duration.as_secs_f64(),
            "success": self.is_success(),
            "interrupted": self.is_interrupted,
            "passed": passed,
            "failed": failed,
            "skipped": skipped,
            "requests": self.requests,
            "tokens_created": self.issued,
            "tokens_left": self.cleanup.left,
            "tokens_ended_late": self.cleanup.late,
            "tokens_ended": self.cleanup.is_complete(),
            "tests": tests.collect::<Vec<_>>(),
            "responses": responses.collect::<Vec<_>>(),
            "missing_values": missing.collect::<Vec<_>>(),
        })
    }
}
