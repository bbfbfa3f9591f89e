//! The use of components and checks in requests and responses.

use std::collections::BTreeSet;

use crate::ir::{Additional, Component, Kind, Model, Schema};
use crate::reader::Source;
use crate::rules;
use dropstub_document::Pointer;

/// Sets the usage of components, and the checks of operations.
pub(crate) fn mark(source: &Source<'_>, model: &mut Model) {
    let mut received = Walk::default();
    let mut sent = Walk::default();
    let mut headers = Walk::default();
    let mut checked = Vec::new();
    for operation in &model.operations {
        let mut request = Walk::default();
        let mut parameters = Walk::default();
        operation.parameters.iter().for_each(|parameter| parameters.schema(model, &parameter.schema));
        operation.body.iter().for_each(|body| request.schema(model, &body.schema));
        if !parameters.checks.is_empty() || !(request.checks.is_empty() || operation.guarded()) {
            source.report(
                &rules::CHECK_WITHOUT_CALLER,
                &Pointer::root().child("paths").child(&operation.path),
                format!("`{}` has an `x-dropstub-check` but no caller to check", operation.id),
                "use it in the body of an operation that requires a credential",
            );
        }
        checked.push(!request.checks.is_empty());
        received.extend(request);
        received.extend(parameters);
        for response in operation.responses.iter().map(|response| model.response(response)) {
            response.headers.iter().for_each(|header| headers.schema(model, &header.schema));
            response.content.schema().into_iter().for_each(|schema| sent.schema(model, schema));
        }
    }
    for (index, component) in model.components.iter_mut().enumerate() {
        component.usage.received = received.components.contains(&index);
        component.usage.sent = sent.components.contains(&index) || headers.components.contains(&index);
        component.usage.validated = component.usage.received || headers.components.contains(&index);
        report_listed(source, component);
    }
    model.checks = received.checks;
    for (operation, checked) in model.operations.iter_mut().zip(checked) {
        operation.checked = checked;
    }
    model.components.iter().for_each(|component| report_one_way(source, component));
}

/// Diagnoses lists of values that the server does not only send in bodies.
fn report_listed(source: &Source<'_>, component: &Component) {
    if component.usage.validated && matches!(&component.schema.kind, Kind::Text(text) if text.open) {
        source.report(
            &rules::VALUES_IN_REQUEST,
            &component.pointer,
            "`x-dropstub-values` in a request or a header",
            "use `enum`, or another schema",
        );
    }
}

/// Diagnoses required properties that are only sent in the other direction.
fn report_one_way(source: &Source<'_>, component: &Component) {
    let Kind::Object(object) = &component.schema.kind else { return };
    for property in object.properties.iter().filter(|property| property.required) {
        for (key, wrong, way) in [
            ("readOnly", component.usage.received, "a client sends"),
            ("writeOnly", component.usage.sent, "a client receives"),
        ] {
            if wrong && property.schema.overlay.contains_key(key) {
                let pointer = component.pointer.child("properties").child(&property.name);
                source.report(
                    &rules::REQUIRED_IN_ONE_DIRECTION,
                    &pointer,
                    format!("`{}` is required and `{key}` in a schema that {way}", property.name),
                    "use two schemas, or make the property optional",
                );
            }
        }
    }
}

/// The components and checks that some schemas use.
#[derive(Default)]
struct Walk {
    components: BTreeSet<usize>,
    checks: BTreeSet<String>,
}

impl Walk {
    fn extend(&mut self, other: Self) {
        self.components.extend(other.components);
        self.checks.extend(other.checks);
    }

    fn schema(&mut self, model: &Model, schema: &Schema) {
        match &schema.kind {
            Kind::Named(index) => {
                if self.components.insert(*index) {
                    self.schema(model, &model.components[*index].schema);
                }
            }
            Kind::Array { items, .. } => self.schema(model, items),
            Kind::Object(object) => {
                object.properties.iter().for_each(|property| self.schema(model, &property.schema));
                if let Additional::Each(each) = &object.additional {
                    self.schema(model, each);
                }
            }
            Kind::Union(union) => {
                for alternative in &union.alternatives {
                    self.schema(model, &alternative.schema);
                    let rest = alternative.tagged.as_ref().and_then(|tagged| tagged.rest);
                    rest.into_iter().for_each(|index| self.schema(model, &Schema::of(Kind::Named(index))));
                }
            }
            Kind::Text(text) => self.checks.extend(text.check.clone()),
            Kind::Any | Kind::Null | Kind::Boolean | Kind::Integer(_) | Kind::Number(_) => {}
        }
    }
}
