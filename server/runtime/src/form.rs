//! The fields of a form (`application/x-www-form-urlencoded`), as the JSON object that the rule validates.
//!
//! A field without a rule is a string; the object's rule ignores or rejects it. A repeated field is a problem, because client and server
//! could use different ones.

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

/// The named properties. The generator only supports forms that are objects.
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
    fn form_fields_have_the_types_of_their_rules() {
        assert_eq!(parsed("word=a+b%26&size=7"), (json!({"word": "a b&", "size": 7}), vec![]));
        assert_eq!(parsed("size=x&other=1&other=2"), (json!({"size": "x", "other": "1"}), vec![]));
        assert_eq!(parsed("word=a&size=1&word=b").1, ["word/duplicate"]);
        assert_eq!(parsed(""), (json!({}), vec![]));
    }
}
