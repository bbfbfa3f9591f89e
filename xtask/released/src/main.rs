//! The command `cargo xtask released`.

use std::process::ExitCode;

use aether_client_mock::TestAuthority;
use aether_released_clients::proxy::{Change, Proxy};
use aether_released_clients::{Release, build, releases, run};
use dropstub::Exit;
use xtask::project;

fn main() -> ExitCode {
    dropstub::run(|out| {
        let releases = releases(&project::root())?;
        let programs =
            releases.iter().map(|release| build(&project::root(), release)).collect::<Result<Vec<_>, _>>()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let authority = TestAuthority::start().await;
            // A later version of the server can add properties.
            let later = Proxy::start(authority.url(), Change::Addition).await?;
            let mut found = false;
            for (Release { contract, .. }, program) in releases.iter().zip(&programs) {
                let name = &contract.name;
                match run(program, authority.url(), &authority).await? {
                    Ok(calls) => write!(out, "the client of {name} reads the responses of the server:\n{calls}")?,
                    Err(problem) => {
                        found = true;
                        writeln!(out, "error: the client of {name} cannot use the server:\n{problem}")?;
                    }
                }
                if let Err(problem) = run(program, later.url(), &authority).await? {
                    found = true;
                    writeln!(out, "error: the client of {name} cannot read additional properties:\n{problem}")?;
                }
            }
            Ok(Exit::found_if(found))
        })
    })
}
