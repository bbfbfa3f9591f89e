//! The calls: one type for each verb of the client, with the optional arguments as methods.
//!
//! A call does nothing before it is awaited. It owns its client, so it can be moved to another task. `send` returns its
//! future, for functions and macros that require one.

mod authorize;
mod create;
mod list;
mod problems;
mod read;
mod revoke;
mod rotate;
mod update;

pub use authorize::{Authorization, Authorize, Introspect};
pub use create::CreateToken;
pub use list::{ListAuditEvents, ListTokens};
pub use read::{CurrentToken, GetToken};
pub use revoke::{Revocation, RevokeCurrentToken, RevokeToken};
pub use rotate::RotateToken;
pub use update::UpdateToken;

use problems::Problems;

/// Makes a type with a function `execute` awaitable, and under the feature `blocking`, usable without async code.
macro_rules! call {
    ($call:ident -> $output:ty) => {
        impl std::future::IntoFuture for $call {
            type Output = crate::Result<$output>;
            type IntoFuture = std::pin::Pin<Box<dyn std::future::Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.execute())
            }
        }

        impl $call {
            /// The future of the call, for functions and macros that require one. Elsewhere, `.await` suffices.
            ///
            /// # Errors
            /// Fails as described for [`Error`](crate::Error).
            pub async fn send(self) -> crate::Result<$output> {
                self.execute().await
            }
        }

        #[cfg(feature = "blocking")]
        impl $call {
            /// Executes the call, and blocks the thread until it is done. It panics in async code.
            ///
            /// # Errors
            /// Fails as the call does.
            pub fn wait(self) -> crate::Result<$output> {
                crate::blocking::wait(self.execute())
            }
        }
    };
}
use call;
