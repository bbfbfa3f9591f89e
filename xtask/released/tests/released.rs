//! The clients of the released contracts, against the server of today and against incompatible ones.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::thread;

use aether_client_mock::TestAuthority;
use aether_released_clients::proxy::{Change, Proxy};
use aether_released_clients::{Release, build, releases, run};
use dropstub::Failure;
use reqwest::StatusCode;
use xtask::project;

/// Builds every released client, on a thread with the stack that the generator needs.
fn programs() -> Vec<(Release, PathBuf)> {
    let build = || -> Result<Vec<_>, Failure> {
        let with_program = |release| Ok((build(&project::root(), &release)?, release));
        let programs: Result<Vec<_>, Failure> = releases(&project::root())?.into_iter().map(with_program).collect();
        Ok(programs?.into_iter().map(|(program, release)| (release, program)).collect())
    };
    let thread = thread::Builder::new().stack_size(dropstub_codegen::STACK_SIZE).spawn(build).unwrap();
    thread.join().unwrap().unwrap_or_else(|failure| panic!("{failure}"))
}

/// The required properties of the objects of a contract.
fn required_properties(release: &Release) -> BTreeSet<String> {
    let schemas = release.contract.value["components"]["schemas"].as_object().unwrap().values();
    let required = schemas.filter_map(|schema| schema["required"].as_array()).flatten();
    required.map(|property| property.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn released_clients_read_the_server_and_reject_incompatible_ones() {
    let programs = tokio::task::spawn_blocking(programs).await.unwrap();
    let authority = TestAuthority::start().await;
    for (release, program) in programs {
        let name = &release.contract.name;
        let calls = run(&program, authority.url(), &authority)
            .await
            .unwrap()
            .unwrap_or_else(|problem| panic!("{name}: {problem}"));
        let read = |change| {
            let (program, authority) = (&program, &authority);
            async move {
                let proxy = Proxy::start(authority.url(), change).await.unwrap();
                run(program, proxy.url(), authority).await.unwrap()
            }
        };
        let later = read(Change::Addition).await.unwrap_or_else(|problem| panic!("{name}: {problem}"));
        assert_eq!(later, calls, "{name}: additional properties change nothing");
        let properties = required_properties(&release);
        assert!(properties.contains("created_at"), "{name}: {properties:?}");
        for property in properties {
            let problem = read(Change::Removal(property.clone())).await.expect_err(&property);
            let expected = format!("missing field `{property}`");
            assert!(problem.contains(&expected), "{name}: {expected} in {problem}");
        }
        let problem = read(Change::Status(StatusCode::ACCEPTED)).await.expect_err("an undocumented status");
        assert!(problem.ends_with("the status 202 Accepted is not documented"), "{name}: {problem}");
    }
}
