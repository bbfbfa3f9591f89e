//! Rust names for the document's names.

use heck::{ToPascalCase, ToShoutySnakeCase, ToSnakeCase};
use proc_macro2::{Ident, Span};
use quote::format_ident;

/// The name of a type or variant, or `None` without letters and digits.
pub(super) fn pascal(name: &str) -> Option<String> {
    letter_first(name.to_pascal_case(), 'N')
}

/// The name of a function. Dropshot's macro does not accept raw identifiers, so a keyword gets a suffix.
pub(super) fn function(name: &str) -> Option<String> {
    let name = snake(name)?;
    Some(if is_word(&name) { name } else { format!("{name}_") })
}

/// The name of a field.
pub(super) fn snake(name: &str) -> Option<String> {
    letter_first(name.to_snake_case(), 'n')
}

/// The name of a static, from a Rust name.
pub(super) fn shouty(name: &str, suffix: &str) -> Ident {
    format_ident!("{}_{suffix}", name.to_shouty_snake_case())
}

/// The identifier, raw if it is a keyword.
pub(super) fn ident(name: &str) -> Ident {
    if is_word(name) { Ident::new(name, Span::call_site()) } else { Ident::new_raw(name, Span::call_site()) }
}

/// Whether the name is not a keyword of Rust. The parser does not know the newest keyword.
fn is_word(name: &str) -> bool {
    name != "gen" && syn::parse_str::<Ident>(name).is_ok()
}

fn letter_first(name: String, prefix: char) -> Option<String> {
    match name.chars().next()? {
        first if first.is_ascii_digit() => Some(format!("{prefix}{name}")),
        // These keywords have no raw form.
        _ if matches!(name.as_str(), "self" | "Self" | "super" | "crate") => Some(format!("{name}_")),
        _ if name.is_ascii() => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_of_rust() {
        assert_eq!(snake("orgID").as_deref(), Some("org_id"));
        assert_eq!(pascal("createApiToken").as_deref(), Some("CreateApiToken"));
        assert_eq!(pascal("Bearer error=\"invalid_token\"").as_deref(), Some("BearerErrorInvalidToken"));
        assert_eq!(pascal("404").as_deref(), Some("N404"));
        assert_eq!(pascal("*"), None);
        assert_eq!(ident("type").to_string(), "r#type");
        assert_eq!(ident("gen").to_string(), "r#gen");
        assert_eq!(snake("self").as_deref(), Some("self_"));
        assert_eq!(function("type").as_deref(), Some("type_"));
        assert_eq!(pascal("self").as_deref(), Some("Self_"));
        assert_eq!(shouty("CreateApiToken", "RULE").to_string(), "CREATE_API_TOKEN_RULE");
    }
}
