//! The bare servers: the cost of HTTP without tokens.

mod dropshot;
mod hyper;

use crate::Result;
use crate::http::Response;
use crate::programs::bare::Bare;

/// Serves until the process is killed. Its runtime is the same as the server's.
///
/// # Errors
/// Fails if no port is free.
pub fn serve(bare: Bare, response: Response) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match bare {
        Bare::Hyper => runtime.block_on(hyper::serve(response)),
        Bare::Dropshot => runtime.block_on(dropshot::serve(&response)),
    }
}
