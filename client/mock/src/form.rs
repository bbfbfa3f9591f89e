//! Forms in requests.

use httpmock::When;
use serde::Serialize;
use serde_json::Value;

/// Matches a form that has the fields of `form`. An absent field is not compared.
pub(crate) fn matching(when: When, form: &impl Serialize) -> When {
    let fields = serde_json::to_value(form).expect("a form can be serialized");
    let fields = fields.as_object().into_iter().flatten();
    fields.fold(when, |when, (name, value)| match value {
        Value::Null => when,
        Value::String(text) => when.form_urlencoded_tuple(name, text),
        value => when.form_urlencoded_tuple(name, value.to_string()),
    })
}
