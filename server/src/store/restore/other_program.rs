//! Other programs that have a database open.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::process::{Flock, FlockType, fcntl_getlk};

/// The first byte that SQLite locks, and the number of bytes: the pending byte, the reserved byte and the shared ones. A connection to a
/// database with a write-ahead log locks a shared byte as long as it is open.
const LOCKED: (u64, u64) = (0x4000_0000, 512);

/// The process of another program that has the database open, as far as its locks tell. This process must not have it open, because it
/// would lose its own locks.
pub(super) fn find(database: &Path) -> io::Result<Option<u32>> {
    let file = match File::open(database) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let (start, length) = LOCKED;
    let wanted = Flock { start, length, ..Flock::from(FlockType::WriteLock) };
    let blocking = fcntl_getlk(&file, &wanted)?;
    Ok(blocking.map(|lock| lock.pid.map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs())))
}
