//! The listing of tokens for the operator. Each page is a read transaction of its own, so that a long list does not keep the write-ahead
//! log from shrinking.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Error;
use super::database::{failed, open_existing};
use super::output::print;
use crate::config::{Database, ListTokens, OrganizationSelector, ShowToken, TokenPrefix, TokenSelector};
use crate::http::api_token;
use crate::store::{Filter, Store, StoreError};
use crate::timestamp::Timestamp;
use crate::tokens::TokenRecord;

/// The number of tokens of a page.
const PAGE: u32 = 500;

/// An organization, by its id and name.
type Organization = (Uuid, String);

pub(super) async fn list(command: ListTokens) -> Result<(), Error> {
    let ListTokens { organization, state, prefix, database } = command;
    let store = open_existing(&database).await?;
    let listed = async {
        let filter = Filter { state: state.state().map(|state| (state, Timestamp::now())), name_prefix: None };
        let print_token = async |record: TokenRecord, _: &Organization| Ok(print(&line(record))?);
        each_token(&store, &database, organization.as_ref(), filter, prefix.as_ref(), print_token).await.map(drop)
    };
    let listed = listed.await;
    store.close().await;
    listed
}

pub(super) async fn show(command: ShowToken) -> Result<(), Error> {
    let ShowToken { token, database } = command;
    let store = open_existing(&database).await?;
    let shown = show_in(&store, &database, token).await;
    store.close().await;
    shown
}

async fn show_in(store: &Store, database: &Database, token: TokenSelector) -> Result<(), Error> {
    let show_record = async |record: TokenRecord, organization: &Organization| {
        let details = details(store, record, &organization.1).await;
        Ok(print(&details.map_err(|source| failed(database, source))?)?)
    };
    match token {
        TokenSelector::Prefix(prefix) => {
            let count = each_token(store, database, None, Filter::default(), Some(&prefix), show_record).await?;
            if count == 0 { Err(Error::NoSuchPrefix(prefix.as_str().to_owned())) } else { Ok(()) }
        }
        TokenSelector::Id(id) => {
            let found = find(store, id).await.map_err(|source| failed(database, source))?;
            let (record, organization) = found.ok_or(Error::NoSuchToken(id))?;
            show_record(record, &organization).await
        }
    }
}

/// Visits the tokens of the selected organization, or of all. Returns the number of visited tokens.
async fn each_token(
    store: &Store,
    database: &Database,
    selected: Option<&OrganizationSelector>,
    filter: Filter,
    prefix: Option<&TokenPrefix>,
    visit: impl AsyncFn(TokenRecord, &Organization) -> Result<(), Error>,
) -> Result<u64, Error> {
    let failed = |source| failed(database, source);
    let mut organizations = store.organization_names().await.map_err(failed)?;
    if let Some(selected) = selected {
        organizations.retain(|(id, name)| selected.selects(*id, name));
        if organizations.is_empty() {
            return Err(Error::NoSelectedOrganization);
        }
    }
    let mut count = 0;
    for organization in &organizations {
        let mut after = None;
        loop {
            let page = store.tokens(organization.0, filter.clone(), after, PAGE).await.map_err(failed)?;
            for record in page.items {
                if prefix.is_none_or(|prefix| prefix.selects(&record.prefix)) {
                    visit(record, organization).await?;
                    count += 1;
                }
            }
            let Some(next) = page.next else { break };
            after = Some(next);
        }
    }
    Ok(count)
}

/// The token with an id, and its organization.
async fn find(store: &Store, id: Uuid) -> Result<Option<(TokenRecord, Organization)>, StoreError> {
    let Some(organization_id) = store.organization_of(id).await? else { return Ok(None) };
    let names = store.organization_names().await?;
    let organization = names.into_iter().find(|(id, _)| *id == organization_id);
    let record = store.token(organization_id, id).await?;
    Ok(record.zip(organization))
}

/// A token with the name of its organization, its creators, and its predecessor.
async fn details(store: &Store, record: TokenRecord, organization: &str) -> Result<Value, StoreError> {
    let (organization_id, mut creator, mut creators) = (record.organization_id, record.created_by, Vec::new());
    while let Some(id) = creator {
        let Some(record) = store.token(organization_id, id).await? else { break };
        creator = record.created_by;
        creators.push(line(record));
    }
    let predecessor = store.predecessor(organization_id, record.id).await?;
    let mut details = line(record);
    details["organization"] = organization.into();
    details["predecessor"] = json!(predecessor.map(|record| record.id));
    details["creators"] = creators.into();
    Ok(details)
}

/// A token as the API describes it.
fn line(record: TokenRecord) -> Value {
    json!(api_token(record, Timestamp::now()))
}
