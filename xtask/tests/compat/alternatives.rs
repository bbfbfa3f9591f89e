//! Changes of `oneOf` and `anyOf`.

use super::{
    Direction::{self, Request, Response},
    Value,
    Verdict::{self, Breaking, Compatible, Documentation},
    changes, json,
    schemas::verdicts,
    support::document,
    with,
};

/// A value at a JSON pointer below the component schemas (`null` removes the present one), and the verdicts of the change.
type Row = (&'static str, Value, Vec<(Verdict, Direction)>);

fn rows() -> Vec<Row> {
    let golem =
        json!({"type": "object", "required": ["type"], "properties": {"type": {"type": "string", "enum": ["golem"]}}});
    vec![
        ("Kind/oneOf/4", golem, vec![(Compatible, Request), (Compatible, Response)]),
        ("Kind/oneOf/2", Value::Null, vec![(Breaking, Request), (Compatible, Response)]),
        ("Kind/oneOf/0/properties/depth/maximum", json!(1), vec![(Breaking, Request), (Compatible, Response)]),
        ("Diet/anyOf/2", Value::Null, vec![(Breaking, Request), (Compatible, Response)]),
        ("Diet/anyOf/2/maxLength", json!(9), vec![(Breaking, Response), (Compatible, Request)]),
        ("Color/oneOf/0/enum/2", json!("pink"), vec![(Compatible, Request), (Compatible, Response)]),
        ("NameOrId/oneOf/1/allOf/0", json!({"type": "string"}), vec![(Compatible, Request)]),
        // Keywords next to a reference, and the target of the reference.
        ("Animal/properties/mate/nullable", Value::Null, vec![(Breaking, Request), (Compatible, Response)]),
        ("Animal/properties/tame", json!({"allOf": [{"$ref": "#/components/schemas/Option"}]}), vec![]),
        (
            "Animal/properties/words/$ref",
            json!("#/components/schemas/MaybeThing"),
            vec![(Breaking, Request), (Breaking, Response)],
        ),
    ]
}

fn base() -> Value {
    document("codegen/tests/fixtures/all_features.yaml")
}

fn revised(pointer: &str, value: Value) -> Value {
    with(&base(), &format!("/components/schemas/{pointer}"), value)
}

#[test]
fn change_in_alternatives_has_its_verdicts() {
    for (pointer, value, mut expected) in rows() {
        let found = changes(&base(), &revised(pointer, value));
        let mut classes: Vec<_> = found.iter().map(|change| (change.verdict, change.direction)).collect();
        classes.retain(|(verdict, _)| *verdict != Documentation);
        classes.sort_unstable();
        classes.dedup();
        expected.sort_unstable();
        assert_eq!(classes, expected, "{pointer}: {found:?}");
    }
}

#[test]
fn order_of_alternatives_makes_no_difference() {
    let (a, b) = (json!({"$ref": "#/components/schemas/A"}), json!({"$ref": "#/components/schemas/B"}));
    let inline = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
    for (one, other) in
        [(a.clone(), b.clone()), (inline("x"), inline("y")), (json!({"allOf": [a]}), json!({"allOf": [b]}))]
    {
        let union = |list: &[&Value]| json!({"oneOf": list});
        assert_eq!(verdicts(&union(&[&one, &other]), &union(&[&other, &one])), (None, None), "{one}, {other}");
        assert_eq!(
            verdicts(&union(&[&one]), &union(&[&other, &one])),
            (Some(Compatible), Some(Compatible)),
            "{one}, {other}"
        );
        assert_eq!(
            verdicts(&union(&[&one, &other]), &union(&[&other])),
            (Some(Breaking), Some(Compatible)),
            "{one}, {other}"
        );
    }
}
