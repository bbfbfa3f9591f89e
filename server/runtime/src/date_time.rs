//! Dates and times (`format: date-time`).

use std::fmt;

use chrono::{SecondsFormat, Timelike, Utc};
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time, RFC 3339 on the wire.
///
/// Any offset is accepted. The output is in UTC with `Z` and at least milliseconds, so all values have one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(pub chrono::DateTime<Utc>);

impl From<chrono::DateTime<Utc>> for DateTime {
    fn from(date_time: chrono::DateTime<Utc>) -> Self {
        Self(date_time)
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole_millis = self.0.nanosecond().is_multiple_of(1_000_000);
        let digits = if whole_millis { SecondsFormat::Millis } else { SecondsFormat::AutoSi };
        f.write_str(&self.0.to_rfc3339_opts(digits, true))
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        chrono::DateTime::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for DateTime {
    fn schema_name() -> String {
        chrono::DateTime::<Utc>::schema_name()
    }

    fn is_referenceable() -> bool {
        false
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        chrono::DateTime::<Utc>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_is_parsed_and_utc_is_written() {
        for (read, written) in [
            ("2100-01-01T00:00:00+01:00", "2099-12-31T23:00:00.000Z"),
            ("2100-01-01t00:00:00.5z", "2100-01-01T00:00:00.500Z"),
            ("2100-01-01T00:00:00.123456Z", "2100-01-01T00:00:00.123456Z"),
        ] {
            let date_time: DateTime = serde_json::from_value(read.into()).unwrap();
            assert_eq!(serde_json::to_value(date_time).unwrap(), written);
        }
    }
}
