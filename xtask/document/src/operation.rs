//! The operations of a document.

use std::collections::BTreeMap;

use crate::Node;

/// The keys of a path item that are operations.
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// An operation and its path item.
#[derive(Debug, Clone)]
pub struct Operation<'d> {
    /// The path template, `/things/{id}`.
    pub path: &'d str,
    /// The method as the document's key, in lower case.
    pub method: &'static str,
    /// The path item, with its reference resolved.
    pub item: Node<'d>,
    /// The operation object.
    pub node: Node<'d>,
}

impl<'d> Node<'d> {
    /// The operations of a document's root, in the order of its paths and of [`METHODS`].
    #[must_use]
    pub fn operations(&self) -> Vec<Operation<'d>> {
        let paths = self.get("paths");
        let items = paths.iter().flat_map(Node::entries_without_extensions);
        let operations = items.flat_map(|(path, item)| {
            let item = item.resolve();
            METHODS.into_iter().filter_map(move |method| {
                let node = item.get(method)?;
                Some(Operation { path, method, item: item.clone(), node })
            })
        });
        operations.collect()
    }
}

impl<'d> Operation<'d> {
    /// The `operationId`.
    #[must_use]
    pub fn id(&self) -> Option<&'d str> {
        self.node.str("operationId")
    }

    /// The request line in messages: `GET /things/{id}`.
    #[must_use]
    pub fn route(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// The parameters of the path item and of the operation, by location and name, with references resolved. An
    /// operation's parameter replaces the path item's. Header names are in lower case.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<(String, String), Node<'d>> {
        let lists = [self.item.get("parameters"), self.node.get("parameters")];
        let parameters = lists.iter().flatten().flat_map(Node::items).map(|node| {
            let node = node.resolve();
            let text = |key| node.str(key).unwrap_or_default().to_owned();
            let (location, name) = (text("in"), text("name"));
            let name = if location == "header" { name.to_lowercase() } else { name };
            ((location, name), node)
        });
        parameters.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operation_parameter_replaces_path_item_parameter() {
        let document = json!({"paths": {"x-note": {"get": {}}, "/a": {
            "parameters": [{"in": "header", "name": "Tag", "a": 1}, {"in": "query", "name": "Tag"}],
            "post": {"parameters": [{"in": "header", "name": "tag", "a": 2}]},
            "get": {},
        }}});
        let operations = Node::root(&document).operations();
        let routes: Vec<_> = operations.iter().map(Operation::route).collect();
        assert_eq!(routes, ["GET /a", "POST /a"]);
        let parameters = operations[1].parameters();
        assert_eq!(parameters.len(), 2);
        assert_eq!(parameters[&("header".to_owned(), "tag".to_owned())].value["a"], 2);
    }
}
