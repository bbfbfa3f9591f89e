//! The trace of a request that its caller names, in the form of W3C Trace Context.

use std::fmt;

use http::{HeaderMap, HeaderName};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The length of `00-TRACE_ID-PARENT_ID-FLAGS`. Later versions can append fields.
const LENGTH: usize = 55;

/// The header `traceparent` of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace to which the request belongs.
    pub trace_id: TraceId,
    /// The operation of the caller that sent the request.
    pub parent_id: ParentId,
}

/// The id of a trace, which is displayed as 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceId(pub u128);

/// The id of an operation in a trace, which is displayed as 16 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentId(pub u64);

impl TraceParent {
    /// The trace in the headers of a request. A malformed or repeated header counts as absent.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        // Few requests have one.
        let value = headers.get(TRACEPARENT)?;
        if headers.get_all(TRACEPARENT).iter().nth(1).is_some() { None } else { Self::parse(value.as_bytes()) }
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let (fields, more) = value.split_at_checked(LENGTH)?;
        let [version, trace_id, parent_id, _flags] = split(fields)?;
        let is_known = match version {
            0xff => false,
            0 => more.is_empty(),
            _ => more.is_empty() || more[0] == b'-',
        };
        let (trace_id, parent_id) = (TraceId(trace_id), ParentId(u64::try_from(parent_id).ok()?));
        (is_known && trace_id.0 != 0 && parent_id.0 != 0).then_some(Self { trace_id, parent_id })
    }
}

/// The numbers of `VERSION-TRACE_ID-PARENT_ID-FLAGS`.
fn split(fields: &[u8]) -> Option<[u128; 4]> {
    const LENGTHS: [usize; 4] = [2, 32, 16, 2];
    let mut parts = fields.split(|byte| *byte == b'-');
    let mut numbers = [0; 4];
    for (number, length) in numbers.iter_mut().zip(LENGTHS) {
        *number = hex(parts.next().filter(|part| part.len() == length)?)?;
    }
    parts.next().is_none().then_some(numbers)
}

/// The number of at most 32 hex digits in lower case.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for ParentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_read_as_trace_context_defines_it() {
        const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(TRACEPARENT, value.parse().unwrap());
            }
            TraceParent::of(&headers).map(|it| format!("{} {}", it.trace_id, it.parent_id))
        };
        let found = Some("4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7".to_owned());
        for (value, expected) in [
            (format!("00-{TRACE}"), &found),
            // Later versions can have more fields.
            (format!("cc-{TRACE}"), &found),
            (format!("cc-{TRACE}-more"), &found),
            (format!("cc-{TRACE}.more"), &None),
            (format!("00-{TRACE}-more"), &None),
            (format!("ff-{TRACE}"), &None),
            (format!("00-{TRACE} "), &None),
            (format!("00-{}", TRACE.to_uppercase()), &None),
            (format!("00-{}", TRACE.replace("-01", "-0")), &None),
            (format!("00-{}", TRACE.replace("-01", "-0g")), &None),
            (format!("00-{}", TRACE.replace('-', "_")), &None),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01".to_owned(), &None),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01".to_owned(), &None),
            ("00-4bf92f3577b34da6a3ce929d0e0e47360-0f067aa0ba902b7-01".to_owned(), &None),
            (String::new(), &None),
        ] {
            assert_eq!(read(&[&value]), *expected, "{value}");
        }
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[&format!("00-{TRACE}"), &format!("00-{TRACE}")]), None, "a repeated header");
    }
}
