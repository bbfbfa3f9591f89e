//! Rust names for the document's names.

use heck::{ToPascalCase, ToShoutySnakeCase, ToSnakeCase};
use proc_macro2::{Ident, Span};
use quote::format_ident;

/// A type or variant. A name without any letter or digit is none.
pub(super) fn pascal(name: &str) -> Option<String> {
    letter_first(name.to_pascal_case(), 'N')
}

/// A function. Dropshot's macro takes no raw name, so a keyword is made another word.
pub(super) fn function(name: &str) -> Option<String> {
    let name = snake(name)?;
    Some(if is_word(&name) { name } else { format!("{name}_") })
}

/// A field.
pub(super) fn snake(name: &str) -> Option<String> {
    letter_first(name.to_snake_case(), 'n')
}

/// A static, for a name that is a Rust name already.
pub(super) fn shouty(name: &str, suffix: &str) -> Ident {
    format_ident!("{}_{suffix}", name.to_shouty_snake_case())
}

/// The identifier, raw where it is a keyword.
pub(super) fn ident(name: &str) -> Ident {
    if is_word(name) { Ident::new(name, Span::call_site()) } else { Ident::new_raw(name, Span::call_site()) }
}

/// Whether it is no keyword of Rust. The parser does not know the newest one.
fn is_word(name: &str) -> bool {
    name != "gen" && syn::parse_str::<Ident>(name).is_ok()
}

fn letter_first(name: String, letter: char) -> Option<String> {
    match name.chars().next()? {
        first if first.is_ascii_digit() => Some(format!("{letter}{name}")),
        // These cannot even be raw.
        _ if matches!(name.as_str(), "self" | "Self" | "super" | "crate") => Some(format!("{name}_")),
        _ if name.is_ascii() => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_a_rust_reader_expects() {
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
