//! The audit log.

use aether_client::AuditEvent;

use crate::arguments::{Audit, AuditList};
use crate::failure::Failure;
use crate::output::{List, Output, note};
use crate::session::Session;

/// The maximum number of events on a page.
const PAGE_SIZE: u32 = 100;

pub(super) async fn run(command: &Audit, session: &Session, output: Output) -> Result<(), Failure> {
    let Audit::List(arguments) = command;
    let mut events = output.events();
    if arguments.follow {
        return follow(arguments, session, &mut events).await;
    }
    let mut pages = session.client.list_audit_events().page_size(PAGE_SIZE).pages();
    while let Some(page) = pages.next().await {
        events.page(&page.map_err(|error| session.explain(&error))?.items)?;
    }
    events.end("events");
    Ok(())
}

/// Prints every event, and then new ones as they come.
///
/// The last page has no cursor of a next one. It is read again with its own cursor until it has one, and the events that have
/// been printed are recognized by their sequence.
async fn follow(arguments: &AuditList, session: &Session, events: &mut List<AuditEvent>) -> Result<(), Failure> {
    let (mut cursor, mut printed) = (None, 0);
    let mut connection = Connection::default();
    loop {
        let mut list = session.client.list_audit_events().page_size(PAGE_SIZE);
        if let Some(cursor) = cursor {
            list = list.cursor(cursor);
        }
        let next_cursor = match list.pages().next().await.expect("a list has a first page") {
            Ok(page) => {
                connection.succeeded();
                let is_new = |event: &AuditEvent| event.sequence > printed;
                let new: Vec<_> = page.items.into_iter().filter(is_new).collect();
                printed = new.last().map_or(printed, |event| event.sequence);
                events.page(&new)?;
                page.next_cursor
            }
            Err(error) if error.is_retryable() && connection.is_established => {
                connection.failed(&session.explain(&error));
                None
            }
            Err(error) => return Err(session.explain(&error)),
        };
        match next_cursor {
            Some(next) => cursor = Some(next),
            None => tokio::time::sleep(arguments.interval).await,
        }
    }
}

/// The state of the connection, of which a person is told when it changes.
#[derive(Debug, Default)]
struct Connection {
    /// Whether a request has succeeded before.
    is_established: bool,
    is_broken: bool,
}

impl Connection {
    fn succeeded(&mut self) {
        if self.is_broken {
            note("aether: connected again");
        }
        (self.is_established, self.is_broken) = (true, false);
    }

    fn failed(&mut self, failure: &Failure) {
        if !self.is_broken {
            note(format_args!("aether: {failure}; the command goes on trying"));
        }
        self.is_broken = true;
    }
}
