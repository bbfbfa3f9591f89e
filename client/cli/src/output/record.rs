//! The form of each object for people.

use aether_client::chrono::{DateTime, Utc};
use aether_client::{ApiToken, ApiTokenState, AuditEvent, Introspection, IssuedApiToken};
use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::table::Cell;
use super::{BAD, GOOD, HEADING, LATE, PLAIN, printable, time};

/// The columns of a list of tokens.
pub(super) const TOKEN_COLUMNS: &[&str] = &["PREFIX", "NAME", "STATE", "EXPIRES", "LAST USED", "SCOPES"];
/// The columns of a list of audit events.
pub(super) const EVENT_COLUMNS: &[&str] = &["#", "TIME (UTC)", "ACTION", "TOKEN", "ACTOR", "ADDRESS", "DETAILS"];

/// The prefix that every action of this version has.
const ACTIONS: &str = "api_token.";

pub(super) fn token_row(token: &ApiToken) -> Vec<Cell> {
    let now = Utc::now();
    let (state, style) = state(token);
    let distance = |time: Option<DateTime<Utc>>| time.map_or("never".to_owned(), |time| time::relative(time, now));
    vec![
        Cell::from(&token.prefix),
        Cell::from(&token.name),
        Cell::styled(&state, style),
        Cell::from(distance(token.expires_at)),
        Cell::from(distance(token.last_used_at)),
        Cell::from(scopes(&token.scopes)),
    ]
}

pub(super) fn event_row(event: &AuditEvent) -> Vec<Cell> {
    let id = |id: Option<_>| id.map_or("-".to_owned(), |id: aether_client::Uuid| id.to_string());
    vec![
        Cell::from(event.sequence.to_string()),
        Cell::from(time::short(event.occurred_at)),
        Cell::from(event.action.strip_prefix(ACTIONS).unwrap_or(&event.action)),
        Cell::from(event.token_id.to_string()),
        Cell::from(id(event.actor_id)),
        Cell::from(event.address.as_deref().unwrap_or("-")),
        Cell::from(details(event)),
    ]
}

fn details(event: &AuditEvent) -> String {
    let changed = (!event.changed.is_empty()).then(|| format!("changed {}", event.changed.join(", ")));
    let successor = event.successor_id.map(|id| format!("successor {id}"));
    let count = event.count.map(|count| format!("{count} refused"));
    let reason = event.reason.clone();
    [changed, successor, count, reason].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A token with a line for each field.
pub(super) fn token(token: &ApiToken) -> String {
    let now = Utc::now();
    let (state, style) = state(token);
    let mut fields = Fields::default();
    fields.add("id", &token.id.to_string());
    fields.add("name", &token.name);
    fields.add("prefix", &token.prefix);
    fields.add("organization", &token.org_id.to_string());
    fields.add_styled("state", &state, style);
    fields.add("scopes", &scopes(&token.scopes));
    fields.add("expires", &moment(token.expires_at, now));
    fields.add("last used", &moment(token.last_used_at, now));
    fields.add("created", &time::long(token.created_at, now));
    let creator = token.created_by.map_or("the operator".to_owned(), |id| id.to_string());
    fields.add("created by", &creator);
    if let Some(time) = token.revoked_at {
        fields.add("revoked", &time::long(time, now));
    }
    if let Some(id) = token.rotated_to {
        fields.add("rotated to", &id.to_string());
    }
    fields.format()
}

/// An issued token without its secret, and the instruction to store that.
pub(super) fn issued(token: &IssuedApiToken) -> String {
    let mut fields = Fields::default();
    fields.add("id", &token.id.to_string());
    fields.add("name", &token.name);
    fields.add("prefix", &token.prefix);
    fields.add("scopes", &scopes(&token.scopes));
    fields.add("expires", &moment(token.expires_at, Utc::now()));
    fields.format() + "Store the secret now. It cannot be shown again.\n"
}

pub(super) fn introspection(introspection: &Introspection) -> String {
    let Introspection { active, sub, org_id, scope, exp, iat, .. } = introspection;
    let now = Utc::now();
    let mut fields = Fields::default();
    if !active {
        fields.add_styled("state", "not active, or not a token of this organization", BAD);
        return fields.format();
    }
    let time = |seconds: &Option<i64>| seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    fields.add_styled("state", "active", GOOD);
    if let Some(id) = sub {
        fields.add("id", &id.to_string());
    }
    if let Some(id) = org_id {
        fields.add("organization", &id.to_string());
    }
    let listed: Vec<_> = scope.iter().flat_map(|scopes| scopes.split_whitespace()).map(str::to_owned).collect();
    fields.add("scopes", &scopes(&listed));
    fields.add("expires", &moment(time(exp), now));
    if let Some(time) = time(iat) {
        fields.add("created", &time::long(time, now));
    }
    fields.format()
}

/// The state with its colour. A rotated token can still be active.
fn state(token: &ApiToken) -> (String, Style) {
    let (text, style) = match &token.state {
        Some(ApiTokenState::Active) => ("active", GOOD),
        Some(ApiTokenState::Expired) => ("expired", LATE),
        Some(ApiTokenState::Revoked) => ("revoked", BAD),
        Some(state) => (state.as_str(), PLAIN),
        None => ("-", PLAIN),
    };
    if token.rotated_to.is_some() { (format!("{text}, rotated"), style) } else { (text.to_owned(), style) }
}

fn scopes(scopes: &[String]) -> String {
    if scopes.is_empty() { "none".to_owned() } else { scopes.join(" ") }
}

fn moment(time: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    time.map_or("never".to_owned(), |time| time::long(time, now))
}

/// Fields with aligned values, one a line.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(&'static str, String, Style)>);

impl Fields {
    pub(super) fn add(&mut self, name: &'static str, value: &str) {
        self.add_styled(name, value, PLAIN);
    }

    fn add_styled(&mut self, name: &'static str, value: &str, style: Style) {
        self.0.push((name, printable(value), style));
    }

    pub(super) fn format(&self) -> String {
        let width = self.0.iter().map(|(name, ..)| name.width()).max().unwrap_or_default();
        let line = |(name, value, style): &(&str, String, Style)| {
            format!("{HEADING}{name:width$}{HEADING:#}  {style}{value}{style:#}\n")
        };
        self.0.iter().map(line).collect()
    }
}
