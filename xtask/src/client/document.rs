//! Documentation of the public items that progenitor leaves without any.

use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, ImplItemFn, Item, ItemEnum, ItemMod, ItemStruct, Visibility, parse_quote};

/// Documents every public item.
pub fn document(file: &mut syn::File) {
    Document.visit_file_mut(file);
}

struct Document;

impl VisitMut for Document {
    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        let text = match module.ident.to_string().as_str() {
            "error" => "The error of a conversion.".to_owned(),
            name => format!("The module `{name}`: a builder for each type."),
        };
        add(&mut module.attrs, &text);
        if module.ident == "builder" {
            let structs = module.content.iter_mut().flat_map(|(_, items)| items);
            for item in structs.filter_map(|item| if let Item::Struct(item) = item { Some(item) } else { None }) {
                let name = item.ident.to_string();
                add(&mut item.attrs, &format!("A builder of [`{name}`](super::{name})."));
            }
        }
        visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        add(&mut item.attrs, &format!("The type `{}`.", item.ident));
        for field in &mut item.fields {
            if let (Some(name), Visibility::Public(_)) = (&field.ident, &field.vis) {
                add(&mut field.attrs, &format!("The field `{name}`."));
            }
        }
    }

    fn visit_item_enum_mut(&mut self, item: &mut ItemEnum) {
        add(&mut item.attrs, &format!("The values of `{}`.", item.ident));
        for variant in &mut item.variants {
            let text = format!("The value `{}`.", heck::ToSnakeCase::to_snake_case(variant.ident.to_string().as_str()));
            add(&mut variant.attrs, &text);
        }
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        if matches!(function.vis, Visibility::Public(_)) {
            let text = match function.sig.ident.to_string().as_str() {
                "builder" => "Returns a builder without values.".to_owned(),
                "new" => "Creates the request of a client, without parameters.".to_owned(),
                "body_map" => "Changes the body with a function.".to_owned(),
                name => format!("Sets `{}`.", name.trim_start_matches("r#")),
            };
            add(&mut function.attrs, &text);
        }
    }
}

/// Adds a text, unless there is one.
fn add(attributes: &mut Vec<Attribute>, text: &str) {
    if !attributes.iter().any(|attribute| attribute.path().is_ident("doc")) {
        attributes.push(parse_quote!(#[doc = #text]));
    }
}
