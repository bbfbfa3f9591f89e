//! The error responses of the contract, as data.

use std::collections::BTreeSet;

use quote::quote;
use syn::Item;

use super::contract::Operation;

/// The source of the list of errors, each with the status, the headers and the example of its code.
pub(super) fn emit(operations: &[Operation<'_>]) -> Item {
    let mut codes = BTreeSet::new();
    let responses = operations.iter().flat_map(|operation| &operation.responses);
    let errors = responses.flat_map(|response| response.errors.iter().map(move |error| (response, error)));
    let errors = errors.filter(|(_, (code, _))| codes.insert(*code)).map(|(response, (code, example))| {
        let status = response.status;
        let headers = response.constant_headers().map(|(name, value)| quote!((#name, #value)));
        let body = example.value.to_string();
        quote!(crate::error::Example { code: #code, status: #status, headers: &[#(#headers),*], body: #body })
    });
    syn::parse_quote! {
        /// The error responses of the contract.
        pub(crate) const ERRORS: &[crate::error::Example] = &[#(#errors),*];
    }
}
