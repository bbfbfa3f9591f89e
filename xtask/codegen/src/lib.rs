//! An OpenAPI 3.0 document in, the source of a dropshot server stub out.
//!
//! [`parse`] turns the document into a [`ir`], or into a list of everything about it that the stub could not honour;
//! [`emit`] turns the model into Rust and cannot fail. Nothing here knows Aether.
//!
//! # Invariant
//! Every key of the document is either understood or refused by name. Nothing is skipped but documentation and `x-`
//! extensions that are not ours, so a stub never says less than its document.

mod diagnostic;
mod emit;
#[cfg(test)]
mod golden;
mod ir;
mod names;
mod parse;
mod reader;

pub use diagnostic::{Diagnostic, Diagnostics};

use dropstub_document::Document;

/// How the generated source shall refer to its surroundings.
#[derive(Debug)]
pub struct Options<'o> {
    /// The path of the module with the stub's runtime, such as `crate::runtime`.
    pub runtime: &'o str,
    /// The comment that the source begins with: what made it, and how to make it again.
    pub header: &'o str,
    /// Whether the stub shall have a function that puts any value through any of its types and rules, for proofs of
    /// them. A server has no use for one, and types that only go one way can go both with it.
    pub witness: bool,
}

/// The source of the stub for `document`, formatted. The same document and options give the same bytes.
///
/// # Errors
/// Everything that the document has and the stub could not honour.
pub fn generate(document: &Document, options: &Options<'_>) -> Result<String, Diagnostics> {
    // What schemas hold is read where it is referred to, as deep as that goes.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, || generate_here(document, options)).expect("there is one more thread");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Room for the deepest document that is not refused, in bytes. No more of it is used than is needed.
const STACK: usize = 256 * 1024 * 1024;

fn generate_here(document: &Document, options: &Options<'_>) -> Result<String, Diagnostics> {
    let mut model = parse::read(document)?;
    if options.witness {
        for component in &mut model.components {
            (component.received, component.sent, component.ruled) = (true, true, true);
        }
    }
    let tokens = emit::render(&model, options);
    let file: syn::File = syn::parse2(tokens).expect("the renderer writes Rust");
    Ok(format!("{}\n\n{}", options.header, format(file)))
}

/// The source with a blank line between its items, which the formatter would leave out.
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

/// The names of the component schemas that are secrets (`x-secret: true`).
///
/// # Errors
/// As [`generate`].
pub fn secrets(document: &Document) -> Result<Vec<String>, Diagnostics> {
    let model = parse::read(document)?;
    Ok(model.components.into_iter().filter(|component| component.secret).map(|component| component.name).collect())
}
