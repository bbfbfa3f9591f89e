//! The fields of a form (`application/x-www-form-urlencoded`) as the JSON object that their rules speak of.
//!
//! A field that the rule does not name is a string, so whether it is ignored or refused is the rule's to say. A named one
//! that is given twice is a problem, because the two ends could disagree on which one counts.

use serde_json::{Map, Value};

use super::problem::{Field, Problems, code};
use super::rule::{Property, Rule};

pub(super) fn parse(bytes: &[u8], rule: &'static Rule, problems: &mut Problems) -> Value {
    let properties = properties(rule);
    let mut fields = Map::new();
    for (name, text) in form_urlencoded::parse(bytes) {
        let property = properties.iter().find(|property| property.name == name);
        if !fields.contains_key(&*name) {
            let value = property.map_or_else(|| Value::from(&*text), |property| property.rule.read(&text));
            fields.insert(name.into_owned(), value);
        } else if property.is_some() {
            problems.add(&Field::Named(&name), code::DUPLICATE, "Must be given once only.");
        }
    }
    fields.into()
}

/// The generator has seen to it that the body of a form is an object.
fn properties(rule: &'static Rule) -> &'static [Property] {
    match rule.bare() {
        Rule::Object(object) => object.properties,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Integer, Object, Text};

    static FORM: Rule = Rule::Component(
        "Form",
        &Rule::Object(Object {
            properties: &[
                Property { name: "word", required: true, rule: &Rule::Text(Text::ANY) },
                Property { name: "size", required: false, rule: &Rule::Integer(Integer::ANY) },
            ],
            ..Object::ANY
        }),
    );

    fn parsed(text: &str) -> (Value, Vec<String>) {
        let mut problems = Problems::default();
        let value = parse(text.as_bytes(), &FORM, &mut problems);
        (value, problems.into_vec().into_iter().map(|it| format!("{}/{}", it.field, it.code)).collect())
    }

    #[test]
    fn fields_become_what_their_rules_speak_of() {
        assert_eq!(parsed("word=a+b%26&size=7"), (json!({"word": "a b&", "size": 7}), vec![]));
        assert_eq!(parsed("size=x&other=1&other=2"), (json!({"size": "x", "other": "1"}), vec![]));
        assert_eq!(parsed("word=a&size=1&word=b").1, ["word/duplicate"]);
        assert_eq!(parsed(""), (json!({}), vec![]));
    }
}
