//! Path templates, with the rules of dropshot's router, which would reject them at the start of the server.

use std::collections::BTreeMap;

use crate::reader::Reader;
use crate::rules;

/// The segments after each prefix of a path: literals, or one variable.
#[derive(Default)]
pub(super) struct Router<'d> {
    variables: BTreeMap<Vec<&'d str>, &'d str>,
    literals: BTreeMap<Vec<&'d str>, &'d str>,
}

impl<'d> Router<'d> {
    /// Adds a path. Returns the names of its variables.
    pub(super) fn add(&mut self, path: &'d str, node: &Reader<'_, 'd>) -> Vec<&'d str> {
        let mut names = Vec::new();
        let Some(relative) = path.strip_prefix('/') else {
            node.report(&rules::PATH_INVALID, "the path does not start with `/`", "start it with `/`");
            return names;
        };
        if relative.is_empty() {
            return names;
        }
        let segments: Vec<_> = relative.split('/').collect();
        for (depth, segment) in segments.iter().enumerate() {
            // All variables in one position are one branch of the router.
            let prefix: Vec<_> =
                segments[..depth].iter().map(|segment| if segment.starts_with('{') { "{}" } else { segment }).collect();
            match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) if !name.is_empty() && !name.contains([':', '{', '}', '*']) => {
                    if names.contains(&name) {
                        node.report(
                            &rules::PATH_INVALID,
                            format!("`{{{name}}}` occurs twice in the path"),
                            "rename one of them",
                        );
                    }
                    names.push(name);
                    let other = self.variables.entry(prefix.clone()).or_insert(name);
                    if *other != name {
                        node.report(
                            &rules::PATH_PARAMETER_CONFLICT,
                            format!("another path has `{{{other}}}` in the position of `{{{name}}}`"),
                            "use one name for the position in all paths",
                        );
                    }
                }
                None if !segment.is_empty() && !segment.contains(['{', '}', '*']) => {
                    self.literals.entry(prefix.clone()).or_insert(segment);
                }
                _ => node.report(
                    &rules::PATH_INVALID,
                    format!("unsupported path segment `{segment}`"),
                    "make each segment a literal or one `{parameter}`",
                ),
            }
            if let (Some(variable), Some(literal)) = (self.variables.get(&prefix), self.literals.get(&prefix)) {
                node.report(
                    &rules::PATH_PARAMETER_CONFLICT,
                    format!("`{literal}` and `{{{variable}}}` have the same position in their paths"),
                    "move one of them; dropshot's router does not support both",
                );
            }
        }
        names
    }
}
