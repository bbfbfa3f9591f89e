//! Which types a client sends and which it receives, and which checks there are.

use std::collections::BTreeSet;

use crate::ir::{Additional, Component, Kind, Model, Schema};
use crate::reader::Source;
use dropstub_document::Pointer;

pub(crate) fn mark(source: &Source<'_>, model: &mut Model) {
    let mut received = Walk::default();
    let mut sent = Walk::default();
    let mut headers = Walk::default();
    for operation in &model.operations {
        let mut request = Walk::default();
        let mut parameters = Walk::default();
        operation.parameters.iter().for_each(|parameter| parameters.schema(model, &parameter.schema));
        operation.body.iter().for_each(|body| request.schema(model, &body.schema));
        if !parameters.checks.is_empty() || !(request.checks.is_empty() || operation.guarded()) {
            source.refuse(
                &Pointer::root().child("paths").child(&operation.path),
                format!("`{}` has an `x-check` where there is nobody to ask", operation.id),
                "check values in the body of an operation that needs a credential",
            );
        }
        received.extend(request);
        received.extend(parameters);
        for response in operation.responses.iter().map(|response| model.response(response)) {
            response.headers.iter().for_each(|header| headers.schema(model, &header.schema));
            response.content.schema().into_iter().for_each(|schema| sent.schema(model, schema));
        }
    }
    for (index, component) in model.components.iter_mut().enumerate() {
        component.received = received.components.contains(&index);
        component.sent = sent.components.contains(&index) || headers.components.contains(&index);
        component.ruled = component.received || headers.components.contains(&index);
    }
    model.checks = received.checks;
    model.components.iter().for_each(|component| refuse_one_way(source, component));
}

/// Refuses a property that has to be there and goes one way only, in a component that goes the other way.
fn refuse_one_way(source: &Source<'_>, component: &Component) {
    let Kind::Object(object) = &component.schema.kind else { return };
    for property in object.properties.iter().filter(|property| property.required) {
        for (key, wrong, way) in
            [("readOnly", component.received, "a client sends"), ("writeOnly", component.sent, "a client receives")]
        {
            if wrong && property.schema.beside.contains_key(key) {
                // What has no name of its own in the document has no place that is known here.
                let named = Pointer::root().child("components").child("schemas").child(&component.name);
                let inside = named.child("properties").child(&property.name);
                let pointer = if component.inline { Pointer::root().child("paths") } else { inside };
                source.refuse(
                    &pointer,
                    format!("`{}` is required and `{key}`, in what {way}", property.name),
                    "make two schemas of it, or take it out of `required`",
                );
            }
        }
    }
}

/// What can be reached from some schemas.
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
