//! Operations and their requests.

use serde_json::Value;

use super::{Schema, Use};

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// The Rust name of the handler, in snake case.
    pub(crate) function: String,
    /// The prefix of the names of the operation's types, in pascal case.
    pub(crate) prefix: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) summary: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) deprecated: bool,
    /// The alternative security schemes; empty for a public operation.
    pub(crate) security: Vec<String>,
    pub(crate) required_scopes: Option<Vec<String>>,
    /// The name of the case in which the scopes are not required.
    pub(crate) scope_exemption: Option<String>,
    /// The status of an invalid request, if it is not 422.
    pub(crate) invalid_status: Option<u16>,
    /// Whether an undocumented query parameter is invalid.
    pub(crate) strict_query: bool,
    /// The name of the function that looks for the response to an earlier request, if the operation is idempotent.
    pub(crate) replay: Option<String>,
    /// Whether the body has values with an `x-dropstub-check`.
    pub(crate) checked: bool,
    pub(crate) parameters: Vec<Parameter>,
    /// Dropshot's pagination extension, if the operation has it.
    pub(crate) pages: Option<Value>,
    /// The parameters that the first page requires.
    pub(crate) first_page: Vec<String>,
    pub(crate) body: Option<Body>,
    /// The success and the errors, in this order; or one response of any status.
    pub(crate) responses: Vec<Use>,
    /// The statuses of the responses that the stub itself sends, each with the index of its response.
    pub(crate) rejections: Vec<(u16, usize)>,
    /// The component of the operation's errors, by its index in `Model::components`.
    pub(crate) error: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Location {
    Path,
    Query,
    Header,
}

#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) rust: String,
    pub(crate) location: Location,
    pub(crate) required: bool,
    pub(crate) schema: Schema,
    pub(crate) default: Option<Value>,
}

#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) media: Media,
    pub(crate) schema: Schema,
    pub(crate) max_bytes: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Json,
    Form,
    Bytes,
}

impl Media {
    pub(crate) const ALL: [Self; 3] = [Self::Json, Self::Form, Self::Bytes];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Bytes => "application/octet-stream",
        }
    }
}

impl Operation {
    pub(crate) fn guarded(&self) -> bool {
        !self.security.is_empty()
    }

    /// The summary and the description.
    pub(crate) fn documentation(&self) -> String {
        let texts = [&self.summary, &self.description].into_iter().flatten();
        texts.map(String::as_str).collect::<Vec<_>>().join("\n\n")
    }

    pub(crate) fn parameters(&self, location: Location) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.location == location)
    }
}
