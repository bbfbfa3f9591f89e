//! Calls without async code.

use std::future::Future;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};

use crate::Result;
use crate::paging::{Items, Pages};

/// One thread for the connections of every client.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(1).thread_name("aether-client").enable_all().build().expect("a thread")
});

/// Waits until a call is done.
pub(crate) fn wait<T>(call: impl Future<Output = T>) -> T {
    RUNTIME.block_on(call)
}

impl<T: Unpin> Items<T> {
    /// The items as an iterator that blocks the thread while it waits for a page. It panics in async code.
    pub fn wait(mut self) -> impl Iterator<Item = Result<T>> {
        std::iter::from_fn(move || wait(self.next()))
    }
}

impl<T> Pages<T> {
    /// The pages as an iterator that blocks the thread while it waits for one. It panics in async code.
    pub fn wait(mut self) -> impl Iterator<Item = Result<crate::Page<T>>> {
        std::iter::from_fn(move || wait(self.next()))
    }
}
