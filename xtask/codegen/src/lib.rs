//! A generator of dropshot server stubs from OpenAPI 3.0 documents.
//!
//! [`Api::parse`] translates a document into an intermediate representation, or returns every construct of it that a stub
//! cannot support. [`Api::emit`] writes the Rust source of every API that was parsed. The source links the crate `dropstub-runtime`.
//!
//! ```
//! use dropstub_codegen::{Api, Options};
//! use dropstub_document::Document;
//!
//! let text = "{openapi: 3.0.3, info: {title: Ping, version: 1.0.0}, paths: {/ping: {get: {operationId: ping, responses: \
//!     {200: {description: Pong.}, 500: {description: Error., content: {application/json: {schema: {$ref: \
//!     '#/components/schemas/Error'}}}}}}}}, components: {schemas: {Error: {type: object, properties: {}}}}}";
//! let api = Api::parse(&Document::parse("ping.yaml", text)?).expect("every construct is supported");
//! let options = Options { runtime: "dropstub_runtime", header: "// @generated" };
//! assert!(api.emit(&options).contains("fn ping"));
//!
//! let empty = Document::parse("empty.yaml", "{openapi: 3.0.3, info: {title: A, version: 1.0.0}, paths: {}}")?;
//! assert_eq!(Api::parse(&empty).unwrap_err()[0].rule.id, "operations-missing");
//! # Ok::<(), dropstub_document::ReadError>(())
//! ```
//!
//! # Invariant
//! Every key of the document is either supported or diagnosed. Only documentation and unknown `x-` extensions are ignored, so
//! a stub never promises less than its document.
//!
//! # Stack
//! Schemas are read recursively, and a document can nest components deeply. The thread that parses needs up to
//! [`STACK_SIZE`] bytes of stack for the deepest document that is supported.

#![warn(missing_docs, unreachable_pub)]

mod emit;
#[cfg(test)]
mod golden;
mod ir;
mod names;
mod parse;
mod reader;
mod rules;

use dropstub_document::{Diagnostic, Document};

pub use rules::RULES;

/// The stack that the deepest supported document needs, in bytes.
pub const STACK_SIZE: usize = 256 * 1024 * 1024;

/// The references of the generated source to its surroundings.
#[derive(Debug, Clone, Copy)]
pub struct Options<'o> {
    /// The path of the runtime: `dropstub_runtime`, or a module that re-exports it.
    pub runtime: &'o str,
    /// The comment at the top of the source.
    pub header: &'o str,
}

/// The API that a document describes, ready to be emitted.
#[derive(Debug)]
pub struct Api(ir::Model);

impl Api {
    /// Translates a document.
    ///
    /// # Errors
    /// Returns a diagnostic for every construct that a stub cannot support, in the order of the document.
    pub fn parse(document: &Document) -> Result<Self, Vec<Diagnostic>> {
        parse::parse(document).map(Self)
    }

    /// Adds a function `evaluate` to the stub, which sends a value through any of its types and rules, and makes every type
    /// usable in both directions. It is for tests of the generator.
    #[must_use]
    pub fn with_evaluation(mut self) -> Self {
        self.0.evaluation = true;
        for component in &mut self.0.components {
            component.usage = ir::Usage::ALL;
        }
        self
    }

    /// The names of the component schemas that are secrets (`x-dropstub-secret: true`).
    #[must_use]
    pub fn secrets(&self) -> Vec<&str> {
        self.0.components.iter().filter(|component| component.secret).map(|component| component.name.as_str()).collect()
    }

    /// The formatted source of the stub. Equal documents and options give equal sources.
    ///
    /// # Panics
    /// Panics if `options.runtime` is not a path of Rust.
    #[must_use]
    pub fn emit(&self, options: &Options<'_>) -> String {
        format!("{}\n\n{}", options.header, format(emit::emit(&self.0, options)))
    }
}

/// Formats the source with a blank line between items, which the formatter omits.
fn format(file: syn::File) -> String {
    let is_use = |item: &syn::Item| matches!(item, syn::Item::Use(_));
    let mut source = String::new();
    let mut after_use = true;
    for item in file.items {
        let together = source.is_empty() || (after_use && is_use(&item));
        if !together {
            source.push('\n');
        }
        after_use = is_use(&item);
        source += &prettyplease::unparse(&syn::File {
            shebang: None,
            frontmatter: None,
            attrs: Vec::new(),
            items: vec![item],
        });
    }
    source
}
