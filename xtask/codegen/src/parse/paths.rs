//! Path templates, and what dropshot's router would refuse only when the server starts.

use std::collections::BTreeMap;

use crate::reader::Node;

/// What stands after a prefix of some path: literals, or one variable.
#[derive(Default)]
pub(super) struct Router<'d> {
    variables: BTreeMap<Vec<&'d str>, &'d str>,
    literals: BTreeMap<Vec<&'d str>, &'d str>,
}

impl<'d> Router<'d> {
    /// Adds a path and gives back the names of its variables.
    pub(super) fn add(&mut self, path: &'d str, node: &Node<'_, 'd>) -> Vec<&'d str> {
        let mut names = Vec::new();
        let Some(relative) = path.strip_prefix('/') else {
            node.refuse("a path that does not begin with `/`", "begin it with `/`");
            return names;
        };
        if relative.is_empty() {
            return names;
        }
        let segments: Vec<_> = relative.split('/').collect();
        for (depth, segment) in segments.iter().enumerate() {
            // Where a variable stood, any name will do: the router sees one branch.
            let prefix: Vec<_> =
                segments[..depth].iter().map(|segment| if segment.starts_with('{') { "{}" } else { segment }).collect();
            match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) if !name.is_empty() && !name.contains([':', '{', '}', '*']) => {
                    if names.contains(&name) {
                        node.refuse(format!("`{{{name}}}` stands in this path twice"), "rename one of the two");
                    }
                    names.push(name);
                    let other = self.variables.entry(prefix.clone()).or_insert(name);
                    if *other != name {
                        node.refuse(
                            format!("`{{{name}}}` stands where another path has `{{{other}}}`"),
                            "call a path parameter the same in all paths that share its place",
                        );
                    }
                }
                None if !segment.is_empty() && !segment.contains(['{', '}', '*']) => {
                    self.literals.entry(prefix.clone()).or_insert(segment);
                }
                _ => node.refuse(
                    format!("the path segment `{segment}`"),
                    "let each segment be a literal or one whole `{parameter}`",
                ),
            }
            if let (Some(variable), Some(literal)) = (self.variables.get(&prefix), self.literals.get(&prefix)) {
                node.refuse(
                    format!("`{literal}` and `{{{variable}}}` stand at one place of the paths"),
                    "put one of them somewhere else; dropshot cannot tell a literal from a parameter",
                );
            }
        }
        names
    }
}
