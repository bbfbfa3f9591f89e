//! The check of arguments against the contract, before a request is sent.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::generated::types::{FieldError, FieldErrorCode};
use crate::{Error, Result};

/// The problems of the arguments of a call.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<FieldError>);

impl Problems {
    /// Parses an argument, or notes the problem.
    pub(super) fn parse<T: FromStr<Err: Display>>(&mut self, field: &str, text: &str) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(problem) => {
                self.add(field, problem);
                None
            }
        }
    }

    /// Parses the elements of an argument.
    pub(super) fn parse_each<T: FromStr<Err: Display>>(&mut self, field: &str, texts: &[String]) -> Vec<T> {
        let element = |(index, text): (usize, &String)| self.parse(&format!("{field}[{index}]"), text);
        texts.iter().enumerate().filter_map(element).collect()
    }

    pub(super) fn add(&mut self, field: &str, problem: impl Display) {
        let message = problem.to_string();
        // The beginnings of the generated types' messages, and of the calls'.
        let code = match message.split(' ').next() {
            Some("longer") => FieldErrorCode::TooLong,
            Some("shorter") => FieldErrorCode::TooShort,
            Some("greater" | "less") => FieldErrorCode::OutOfRange,
            _ => FieldErrorCode::InvalidFormat,
        };
        self.0.push(FieldError { code, field: field.to_owned(), message });
    }

    /// Fails if there is a problem.
    pub(super) fn check(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::invalid_fields(self.0)) }
    }
}

/// The form of a time in a request.
pub(super) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
