//! The run of a server, from the opening of its database to the stop.

use std::io::{self, Write};
use std::time::Duration;

use tracing::{info, warn};

use super::check::exposures;
use super::signals::Signals;
use super::{Error, certificate};
use crate::config::{Serve, misspelt_variables};
use crate::log;
use crate::server::{Bound, Reserved, Server};
use crate::service_manager;
use crate::store::Store;
use crate::version::{COMMIT, VERSION};

/// Serves the API until a signal stops the server.
///
/// `prepare` prepares the store when the server listens. `greet` returns the text that is printed before the address.
///
/// # Errors
/// Fails if the server cannot start, `prepare` fails, or a second signal stops the server at once.
pub(super) async fn run<P>(
    config: &Serve,
    Signals { mut stop, reload }: Signals,
    prepare: impl AsyncFnOnce(&Store) -> Result<P, Error>,
    greet: impl FnOnce(&Server, P) -> String,
) -> Result<(), Error> {
    let _flush = log::init(&config.log);
    info!(version = VERSION, commit = COMMIT.unwrap_or("unknown"), "starting");
    for warning in misspelt_variables().into_iter().chain(exposures(config)) {
        warn!("{warning}");
    }
    service_manager::status("opening the database");
    // Migrations and the check after an unclean stop can take minutes, and the files of the certificate can be on a remote disk.
    let opened = tokio::select! {
        biased;
        () = stop.next() => {
            service_manager::stopping(Duration::ZERO);
            info!("stopped during the start");
            return Ok(());
        }
        opened = service_manager::extend_during(open(config)) => opened,
    };
    // The server listens first, so a first start that cannot serve creates no organization.
    let (store, bound) = opened?;
    let prepared = prepare(&store).await?;
    let server = bound.start()?;
    info!(address = %server.address(), database = %config.database.display(), "serving");
    let greeting = greet(&server, prepared);
    let metrics = server.metrics_address().map(|address| format!("Metrics on http://{address}/metrics\n"));
    let listening = format!("Listening on {}://{}\n", server.scheme(), server.address());
    print(greeting + &metrics.unwrap_or_default() + &listening);
    // In a task of its own, so no other signal waits for the files of the certificate.
    tokio::spawn(certificate::watch(reload, server.certificate().cloned()));
    tokio::spawn(service_manager::feed_watchdog());
    service_manager::ready();
    stop.next().await;
    service_manager::stopping(config.drain_delay.saturating_add(config.shutdown_grace));
    info!("stopping");
    tokio::select! {
        biased;
        () = stop.next() => {
            warn!("stopped at once by a second signal");
            Err(Error::StoppedAtOnce)
        }
        () = server.stop(config.shutdown_grace) => {
            info!("stopped");
            Ok(())
        }
    }
}

/// Binds the addresses, opens the database, and listens: a start on an address in use creates no database, and during a long check of the
/// database, connections are refused.
async fn open(config: &Serve) -> Result<(Store, Bound), Error> {
    let addresses = config.clone();
    let bind = tokio::task::spawn_blocking(move || Reserved::bind(&addresses));
    let reserved = bind.await.map_err(io::Error::from)??;
    let store = Store::open_for_server(&config.database, config.busy_timeout, config.store_settings())
        .await
        .map_err(|source| Error::database(&config.database, source))?;
    let bound = reserved.listen(config, store.clone())?;
    Ok((store, bound))
}

/// Prints to standard output in a thread of its own: a server serves and stops even if nobody reads it. The log has the address, too.
fn print(text: String) {
    tokio::task::spawn_blocking(move || {
        let mut out = io::stdout().lock();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            warn!(%error, "standard output cannot be written");
        }
    });
}
