//! The arguments of the commands on organizations.

use clap::Subcommand;
use uuid::Uuid;

use super::Database;
use super::selection::organization_id;
use super::values::organization_name;

/// The commands on organizations.
#[derive(Debug, Subcommand)]
pub enum Organization {
    /// Create an organization with its owner token
    ///
    /// Prints one JSON object with `organization_id`, `token_id` and `token`. The token is shown once and not stored.
    /// The database is created if it does not exist.
    Create {
        /// The unique name: 1 to 100 characters with a visible one, without control characters and directions of text
        #[arg(value_name = "NAME", value_parser = organization_name)]
        name: String,
        /// The database.
        #[command(flatten)]
        database: Database,
    },
    /// Rename an organization
    ///
    /// Prints one JSON object with `organization_id`, `name` and `previous_name`. The name is for the operator: requests have the id. The
    /// audit log has the events of tokens only, so it does not have the change.
    Rename {
        /// The id of the organization, from `organization list`
        #[arg(value_name = "ORGANIZATION_ID", value_parser = organization_id)]
        organization_id: Uuid,
        /// The unique name: 1 to 100 characters with a visible one, without control characters and directions of text
        #[arg(value_name = "NAME", value_parser = organization_name)]
        name: String,
        /// The database.
        #[command(flatten)]
        database: Database,
    },
    /// List the organizations
    ///
    /// Prints one JSON object per line with `organization_id`, `name`, `created_at` and `live_tokens`, oldest first.
    List {
        /// The database.
        #[command(flatten)]
        database: Database,
    },
}
