//! Schemas that no Rust type has by itself, as types to name in `#[schemars(with = "...")]`, and how to read what only
//! they can say.

use std::marker::PhantomData;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, Schema, SchemaObject};
use serde::{Deserialize, Deserializer, Serialize};

/// A property that has to be there and may be `null`. An `Option` alone would not have to be there.
#[derive(Debug)]
pub struct Nullable<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Nullable<T> {
    fn schema_name() -> String {
        Option::<T>::schema_name()
    }

    fn is_referenceable() -> bool {
        false
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

macro_rules! plain {
    ($($(#[$doc:meta])* $name:ident = $instance:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {}

        impl JsonSchema for $name {
            fn schema_name() -> String {
                stringify!($name).to_owned()
            }

            fn is_referenceable() -> bool {
                false
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                SchemaObject { instance_type: Some(InstanceType::$instance.into()), ..SchemaObject::default() }.into()
            }
        }
    )*};
}

plain! {
    /// `type: integer` without a format. Every integer of Rust has one.
    Integer = Integer;
    /// `type: number` without a format. Every float of Rust has one.
    Number = Number;
}

/// Reads a property that is there. With `#[serde(default)]` for one that is not, this keeps `null` and absent apart.
///
/// # Errors
/// As `T` does.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The path parameters of a path that has none.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NoParameters {}
