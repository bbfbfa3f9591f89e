//! A date and time on the wire.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Timelike, Utc};
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a `format: date-time` of the contract is.
///
/// Any offset is read. It is written in UTC with a `Z` and always with milliseconds, so that every time a client sees
/// has one form; finer digits are written where there are any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub DateTime<Utc>);

impl From<DateTime<Utc>> for Moment {
    fn from(moment: DateTime<Utc>) -> Self {
        Self(moment)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole_millis = self.0.nanosecond().is_multiple_of(1_000_000);
        let digits = if whole_millis { SecondsFormat::Millis } else { SecondsFormat::AutoSi };
        f.write_str(&self.0.to_rfc3339_opts(digits, true))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DateTime::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> String {
        DateTime::<Utc>::schema_name()
    }

    fn is_referenceable() -> bool {
        false
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        DateTime::<Utc>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_is_read_and_one_form_is_written() {
        for (read, written) in [
            ("2100-01-01T00:00:00+01:00", "2099-12-31T23:00:00.000Z"),
            ("2100-01-01t00:00:00.5z", "2100-01-01T00:00:00.500Z"),
            ("2100-01-01T00:00:00.123456Z", "2100-01-01T00:00:00.123456Z"),
        ] {
            let moment: Moment = serde_json::from_value(read.into()).unwrap();
            assert_eq!(serde_json::to_value(moment).unwrap(), written);
        }
    }
}
