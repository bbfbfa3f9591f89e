//! The numbers of instructions of a request: the difference between two runs of the server, divided by the requests that only one has.
//!
//! So neither start nor stop is counted, and Callgrind counts all the time. The runs take their requests one after the other.

use std::fs;
use std::path::Path;

use indexmap::IndexMap;

use super::callgrind::CountedServer;
use super::session::{Operation, Session};
use crate::Result;
use crate::programs::aether;

/// The requests of each operation before the counted ones: they fill caches, and one of them records the use of the owner token, which
/// happens once a minute.
const WARM_UP: u64 = 50;

/// The counted requests. Their number is part of the meaning of a figure, because a creation takes longer in a larger table.
const COUNTED: [(Operation, u64); 2] = [(Operation::Verify, 1000), (Operation::Create, 400)];

/// The servers, and the names of their counts after those of the operations.
const VARIANTS: [(&[&str], &str); 2] = [(&[], ""), (aether::METRICS.arguments, " with metrics")];

/// The instructions of a request, by the name of its operation.
pub type Counts = IndexMap<String, u64>;

/// Counts the instructions of each operation. The profiles are kept in `directory`.
///
/// # Errors
/// Fails if the server does not start or a request fails.
pub fn count(server: &Path, directory: &Path) -> Result<Counts> {
    let directory = directory.join("instructions");
    fs::create_dir_all(&directory)?;
    let mut counts = Counts::new();
    for (arguments, suffix) in VARIANTS {
        let run = |name: &str, counted| run(server, arguments, &directory, &format!("{name}{suffix}"), counted);
        let without = run("warm-up", None)?;
        for (operation, requests) in COUNTED {
            let with = run(operation.name(), Some((operation, requests)))?;
            counts.insert(format!("{}{suffix}", operation.name()), with.saturating_sub(without) / requests);
        }
    }
    println!("profiles for callgrind_annotate: {}", directory.display());
    Ok(counts)
}

/// Runs the server with the warm-up and the counted requests. Returns the number of its instructions.
fn run(
    server: &Path,
    arguments: &[&str],
    directory: &Path,
    name: &str,
    counted: Option<(Operation, u64)>,
) -> Result<u64> {
    let profile = directory.join(name.replace(' ', "-")).with_extension("callgrind");
    let server = CountedServer::start(server, arguments, directory, profile)?;
    let mut session = Session::open(server.address(), server.owner_token()?)?;
    let warm_up = COUNTED.map(|(operation, _)| (operation, WARM_UP));
    for (operation, requests) in warm_up.into_iter().chain(counted) {
        for _ in 0..requests {
            session.send(operation)?;
        }
    }
    server.stop()
}
