//! The requirements of RFC 9110 and RFC 9112 on requests that hyper leaves to the server.

use http::header::{EXPECT, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{Method, StatusCode, Version};

use crate::method_not_allowed::METHODS;

/// The longest target, in bytes. A request line of 8,000 bytes has to be possible (RFC 9112, 3).
const MAX_TARGET: usize = 16 * 1024;

/// The name of a method that is implemented.
pub(super) fn known_method(method: &Method) -> Option<&'static str> {
    METHODS.iter().find(|known| *known == method).map(Method::as_str)
}

/// Checks the head of a request. A method that is not implemented is 501, whatever the path (RFC 9110, 9.1). `Err` is the status of a response without a body, after which the connection is closed.
pub(super) fn check(head: &Parts) -> Result<(), StatusCode> {
    if !METHODS.contains(&head.method) {
        return Err(StatusCode::NOT_IMPLEMENTED);
    }
    check_target(head)?;
    check_host(head)?;
    check_codings(head)?;
    let mut expectations = head.headers.get_all(EXPECT).iter();
    let is_unknown = |value: &[u8]| !value.eq_ignore_ascii_case(b"100-continue");
    if head.version >= Version::HTTP_11 && expectations.any(|value| is_unknown(value.as_bytes())) {
        return Err(StatusCode::EXPECTATION_FAILED);
    }
    Ok(())
}

/// Requires a target with a path, or `*` for OPTIONS (RFC 9112, 3.2).
fn check_target(head: &Parts) -> Result<(), StatusCode> {
    let path = head.uri.path();
    if path.len() + head.uri.query().unwrap_or_default().len() > MAX_TARGET {
        return Err(StatusCode::URI_TOO_LONG);
    }
    let asterisk = path == "*" && head.method == Method::OPTIONS;
    if path.starts_with('/') || asterisk { Ok(()) } else { Err(StatusCode::BAD_REQUEST) }
}

/// Requires the coding `chunked` or none (RFC 9112, 6.1). Hyper checks that the last one is `chunked`.
fn check_codings(head: &Parts) -> Result<(), StatusCode> {
    let mut codings = head.headers.get_all(TRANSFER_ENCODING).iter().map(|value| value.as_bytes().trim_ascii());
    let is_chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if is_chunked(coding) => Ok(()),
        // A body is chunked once at most (RFC 9112, 7). Another server could read it in another way.
        (Some(coding), Some(next)) if is_chunked(coding) && is_chunked(next) => Err(StatusCode::BAD_REQUEST),
        _ => Err(StatusCode::NOT_IMPLEMENTED),
    }
}

/// Requires one valid `Host` (RFC 9112, 3.2), which agrees with the `:authority` of HTTP/2 (RFC 9113, 8.3.1).
fn check_host(head: &Parts) -> Result<(), StatusCode> {
    let mut hosts = head.headers.get_all(HOST).iter();
    let (host, more) = (hosts.next(), hosts.next());
    let authority = head.uri.authority().filter(|_| head.version == Version::HTTP_2);
    let valid = match (host, more) {
        (None, _) => head.version == Version::HTTP_10 || authority.is_some(),
        (Some(_), Some(_)) => false,
        // The field is empty if the target has no authority.
        (Some(host), None) if host.is_empty() => authority.is_none(),
        (Some(host), None) => {
            is_host(host.as_bytes())
                && authority.is_none_or(|authority| authority.as_str().as_bytes().eq_ignore_ascii_case(host.as_bytes()))
        }
    };
    let authority_is_valid = head.uri.authority().is_none_or(|authority| is_host(authority.as_str().as_bytes()));
    if valid && authority_is_valid { Ok(()) } else { Err(StatusCode::BAD_REQUEST) }
}

/// Whether the text is a host with an optional port (RFC 9110, 7.2; RFC 3986, 3.2.2). It has no user information: in `http` and
/// `https` that is an error (RFC 9110, 4.2.4; RFC 9113, 8.3.1).
fn is_host(text: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(byte);
    let end = match text.first() {
        Some(b'[') => {
            let Some(end) = text.iter().position(|byte| *byte == b']') else { return false };
            if end == 1 || !text[1..end].iter().all(|byte| *byte == b':' || is_name(byte)) {
                return false;
            }
            end + 1
        }
        _ => text.iter().take_while(|byte| is_name(byte)).count(),
    };
    match text.get(end..) {
        Some([]) => end > 0,
        Some([b':', port @ ..]) => end > 0 && port.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn checked(version: Version, method: &str, target: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().version(version).method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        check(&head).map_or_else(|status| status.as_u16(), |()| 200)
    }

    #[test]
    fn host_is_required_once() {
        const HTTP: [Version; 3] = [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2];
        for (headers, expected) in [
            (&[][..], [200, 400, 400]),
            (&[("host", "a")], [200; 3]),
            (&[("host", "a:1")], [200; 3]),
            (&[("host", "[::1]:80")], [200; 3]),
            (&[("host", "")], [200; 3]),
            (&[("host", "a"), ("host", "a")], [400; 3]),
            (&[("host", "a b")], [400; 3]),
            (&[("host", "a/b")], [400; 3]),
            (&[("host", "user@a")], [400; 3]),
            (&[("host", "a:")], [200; 3]),
            (&[("host", "a:b")], [400; 3]),
            (&[("host", ":80")], [400; 3]),
            (&[("host", "a:1:2")], [400; 3]),
            (&[("host", "[::1")], [400; 3]),
            (&[("host", "[]")], [400; 3]),
            (&[("host", "[::1]x")], [400; 3]),
            (&[("host", "a\"b")], [400; 3]),
        ] {
            assert_eq!(HTTP.map(|version| checked(version, "GET", "/", headers)), expected, "{headers:?}");
        }
        assert_eq!(checked(Version::HTTP_2, "GET", "https://a/", &[]), 200);
        assert_eq!(checked(Version::HTTP_2, "GET", "https://a/", &[("host", "A")]), 200);
        assert_eq!(checked(Version::HTTP_2, "GET", "https://a/", &[("host", "b")]), 400);
        assert_eq!(checked(Version::HTTP_11, "GET", "https://a/", &[("host", "b")]), 200, "the target decides");
    }

    #[test]
    fn targets_methods_codings_and_expectations_are_checked() {
        for (method, target, headers, expected) in [
            ("GET", "/", &[][..], 200),
            ("GET", "http://a/b", &[], 200),
            ("GET", "http://user@a/b", &[], 400),
            ("GET", "*", &[], 400),
            ("OPTIONS", "*", &[], 200),
            ("GET", "a:80", &[], 400),
            ("CONNECT", "a:80", &[], 501),
            ("BREW", "/", &[], 501),
            ("get", "/", &[], 501),
            ("POST", "/", &[("transfer-encoding", "chunked")], 200),
            ("POST", "/", &[("transfer-encoding", "gzip, chunked")], 501),
            ("POST", "/", &[("transfer-encoding", "gzip"), ("transfer-encoding", "chunked")], 501),
            ("POST", "/", &[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")], 400),
            ("POST", "/", &[("expect", "100-Continue")], 200),
            ("POST", "/", &[("expect", "200-ok")], 417),
        ] {
            let headers: Vec<_> = [("host", "a")].iter().chain(headers).copied().collect();
            assert_eq!(checked(Version::HTTP_11, method, target, &headers), expected, "{method} {target} {headers:?}");
        }
    }
}
