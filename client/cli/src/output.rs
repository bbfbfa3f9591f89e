//! The results of commands, as text for people or as JSON for programs.

mod issued;
mod record;
mod table;
mod time;

use std::fmt;
use std::io::Write;

use aether_client::{ApiToken, AuditEvent, Introspection, IssuedApiToken};
use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::arguments::Format;
use crate::failure::Failure;
use table::Table;

const HEADING: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const LATE: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const PLAIN: Style = Style::new();

/// Standard output in one form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    format: Format,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    /// Prints a token without its secret.
    pub(crate) fn token(self, token: &ApiToken) -> Result<(), Failure> {
        match self.format {
            Format::Text => print(&record::token(token)),
            Format::Json => json(token),
        }
    }

    /// Prints the secret of an issued token to standard output, and the rest to standard error.
    ///
    /// # Errors
    /// Fails with the way out if the secret cannot be written: it is nowhere else.
    pub(crate) fn issued(self, token: &IssuedApiToken) -> Result<(), Failure> {
        let written = match self.format {
            Format::Text => issued::print_secret(token),
            Format::Json => issued::print_json(token),
        };
        written.map_err(|error| issued::lost(token, &error))?;
        if self.format == Format::Text {
            note(record::issued(token).trim_end());
        }
        Ok(())
    }

    pub(crate) fn introspection(self, introspection: &Introspection) -> Result<(), Failure> {
        match self.format {
            Format::Text => print(&record::introspection(introspection)),
            Format::Json => json(introspection),
        }
    }

    /// Prints a result: its text, or its JSON object.
    pub(crate) fn result(self, text: &str, object: &impl Serialize) -> Result<(), Failure> {
        match self.format {
            Format::Text => print(&format!("{}\n", printable(text))),
            Format::Json => json(object),
        }
    }

    /// A list of tokens.
    pub(crate) fn tokens(self) -> List<ApiToken> {
        List { format: self.format, table: Table::new(record::TOKEN_COLUMNS), row: record::token_row, is_empty: true }
    }

    /// A list of audit events.
    pub(crate) fn events(self) -> List<AuditEvent> {
        List { format: self.format, table: Table::new(record::EVENT_COLUMNS), row: record::event_row, is_empty: true }
    }
}

/// A list that is printed page by page.
#[derive(Debug)]
pub(crate) struct List<T> {
    format: Format,
    table: Table,
    row: fn(&T) -> Vec<table::Cell>,
    is_empty: bool,
}

impl<T: Serialize> List<T> {
    /// Prints a page.
    pub(crate) fn page(&mut self, items: &[T]) -> Result<(), Failure> {
        if items.is_empty() {
            return Ok(());
        }
        self.is_empty = false;
        match self.format {
            Format::Text => print(&self.table.format(items.iter().map(self.row).collect())),
            Format::Json => {
                let lines = items.iter().map(|item| line(item));
                print(&lines.collect::<Result<String, _>>()?)
            }
        }
    }

    /// Tells a person that the list was empty.
    pub(crate) fn end(self, items: &str) {
        if self.is_empty && self.format == Format::Text {
            note(format_args!("no {items}"));
        }
    }
}

fn json(value: &impl Serialize) -> Result<(), Failure> {
    print(&line(value)?)
}

fn line(value: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string(value);
    json.map(|json| json + "\n").map_err(|error| Failure::output(&error.into()))
}

fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| Failure::output(&error))
}

/// Prints a line to standard error. If that is closed, there is no place to report it.
pub(crate) fn note(text: impl fmt::Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Prints a question to standard error, without the end of the line.
pub(crate) fn prompt(text: impl fmt::Display) {
    let mut stderr = anstream::stderr();
    let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
}

/// The text without control characters, which could change the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}
