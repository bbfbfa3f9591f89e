//! The encoding that a client accepts, and the representation that it has.

use http::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};

/// Whether a client accepts gzip (RFC 9110, 12.5.3).
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut any = false;
    for member in members(headers, &ACCEPT_ENCODING) {
        let (coding, parameter) = member.split_once(';').unwrap_or((member, ""));
        // A weight of zero is "not acceptable".
        let weight = parameter.trim().strip_prefix(['q', 'Q']).and_then(|it| it.trim_start().strip_prefix('='));
        let accepted = weight.is_none_or(|it| it.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0));
        match coding.trim() {
            "*" => any = accepted,
            coding if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") => return accepted,
            _ => {}
        }
    }
    any
}

/// Whether a client has the representation with this tag (RFC 9110, 13.1.2). The comparison is weak: a proxy that
/// compresses weakens a tag.
pub(super) fn has(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    members(headers, &IF_NONE_MATCH).any(|member| member == "*" || member.trim_start_matches("W/").as_bytes() == tag)
}

/// The members of a header that is a list. Tags of this server have no comma.
fn members<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn gzip_is_accepted_unless_it_is_absent_or_has_no_weight() {
        for (values, accepted) in [
            (&[][..], false),
            (&[""], false),
            (&["gzip"], true),
            (&["deflate, gzip;q=1.0, *;q=0.5"], true),
            (&["br", "GZip ; q=0.1"], true),
            (&["x-gzip"], true),
            (&["*"], true),
            (&["*;q=0"], false),
            (&["gzip;q=0, *"], false),
            (&["*, gzip; q=0.000"], false),
            (&["gzip;q=nonsense"], false),
            (&["identity", "br"], false),
            (&["gzipped"], false),
        ] {
            assert_eq!(accepts_gzip(&headers(&ACCEPT_ENCODING, values)), accepted, "{values:?}");
        }
    }

    #[test]
    fn tag_is_found_in_a_list_and_when_a_proxy_has_weakened_it() {
        let tag = HeaderValue::from_static("\"a\"");
        for (values, found) in [
            (&[][..], false),
            (&["\"a\""], true),
            (&["W/\"a\""], true),
            (&["\"b\", \"a\""], true),
            (&["\"b\"", "\"a\""], true),
            (&["*"], true),
            (&["a"], false),
            (&["\"ab\""], false),
        ] {
            assert_eq!(has(&headers(&IF_NONE_MATCH, values), &tag), found, "{values:?}");
        }
    }
}
