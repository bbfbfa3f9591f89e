//! Patterns that languages read in different ways.

use super::Findings;
use super::elements::Element;
use super::rules::PATTERN_NOT_PORTABLE;

pub(super) fn check(findings: &mut Findings<'_>, elements: &[Element<'_>]) {
    for Element { node, .. } in elements.iter().filter(|element| element.kind.is_schema()) {
        if let Some(part) = node.str("pattern").and_then(unportable) {
            let message = format!("languages read `{part}` in different ways");
            let help = "use sets of ASCII characters, and groups without `?` or `(?:`";
            findings.add(&PATTERN_NOT_PORTABLE, &node.pointer.child("pattern"), message, help);
        }
    }
}

/// The first part of a pattern that Ruby, PHP, Java, Go and JavaScript do not read alike.
fn unportable(pattern: &str) -> Option<&str> {
    let (mut rest, mut in_set) = (pattern, false);
    while !rest.is_empty() {
        let length = match rest.as_bytes() {
            [b'\\', b'x', ..] => 4,
            [b'\\', ..] => 2,
            [b'(', b'?', ..] | [b'[', b'^', b']', ..] if !in_set => 3,
            [b'[', b']', ..] if !in_set => 2,
            [b'&', b'&', ..] | [b'|', b'|', ..] | [b'~', b'~', ..] if in_set => 2,
            [b'{', ..] if !in_set => rest.find('}').map_or(rest.len(), |end| end + 1),
            _ => 1,
        };
        let end = rest.char_indices().nth(length).map_or(rest.len(), |(end, _)| end);
        let (part, after) = rest.split_at(end);
        if !is_portable(part, in_set) {
            return Some(part);
        }
        in_set = if in_set { part != "]" } else { part == "[" };
        rest = after;
    }
    None
}

/// Whether a character, an escape, a quantifier or the beginning of a group has one meaning. `in_set` tells whether it is in `[...]`.
fn is_portable(part: &str, in_set: bool) -> bool {
    match part.as_bytes() {
        [b'\\', b'x', b'0'..=b'7', low] => low.is_ascii_hexdigit(),
        [b'\\', b'-'] => in_set,
        [b'\\', b'b' | b'B'] => !in_set,
        [b'\\', escaped] => b"dDwWnrtf^$\\.*+?()[]{}|/".contains(escaped),
        // An empty set in JavaScript is a set that begins with `]` elsewhere.
        [b'\\', ..] | b"[]" | b"[^]" => false,
        // A set in a set, or an operation on sets.
        b"[" | b"&&" | b"||" | b"~~" => !in_set,
        [b'(', b'?', kind @ ..] => kind == b":",
        [b'{', quantifier @ .., b'}'] => is_quantifier(quantifier),
        b"{" => in_set,
        _ => part.is_ascii(),
    }
}

/// Whether the text between braces is `n`, `n,` or `n,m`.
fn is_quantifier(text: &[u8]) -> bool {
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let mut bounds = text.splitn(2, |byte| *byte == b',');
    bounds.next().is_some_and(is_number) && bounds.next().is_none_or(|most| most.is_empty() || is_number(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unportable_part_is_found() {
        for (pattern, expected) in [
            (r"^[^\x00-\x1F\x7F]+$", None),
            (r"^(?:a|b){2}[(?\]\-&{]\w\d\n\.\\s$", None),
            (r"a{1,}b{2,3}\bc", None),
            (r"^[!#-%'-+.-:<-\[\]-~\-]+$", None),
            (r"a[\x80-\xFF]", Some(r"\x80")),
            (r"[\x1]", Some(r"\x1]")),
            (r"\u0061", Some(r"\u")),
            ("[a-\u{e9}]", Some("\u{e9}")),
            ("\\\u{e9}", Some("\\\u{e9}")),
            (r"[\p{L}]", Some(r"\p")),
            (r"\s+", Some(r"\s")),
            (r"\cA", Some(r"\c")),
            (r"(a)\1", Some(r"\1")),
            (r"(?=a)", Some("(?=")),
            (r"(?!a)", Some("(?!")),
            (r"(?<a>b)\k<a>", Some("(?<")),
            (r"[[:alpha:]]", Some("[")),
            (r"[a-z&&x]", Some("&&")),
            (r"[a]&&[b]", None),
            (r"[a||b]", Some("||")),
            (r"[]a]", Some("[]")),
            (r"[^]", Some("[^]")),
            (r"a{,3}", Some("{,3}")),
            (r"a{", Some("{")),
            (r"\@", Some(r"\@")),
            (r"a\-b", Some(r"\-")),
            (r"[\b]", Some(r"\b")),
        ] {
            assert_eq!(unportable(pattern), expected, "{pattern}");
        }
    }
}
