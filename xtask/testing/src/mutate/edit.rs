//! A step of a mutation.

use serde_json::{Map, Value};

use dropstub_document::Pointer;

#[derive(Debug, Clone)]
pub(super) enum Edit {
    /// Sets a value. One past the end of a list, it appends.
    Set(Pointer, Value),
    Remove(Pointer),
    /// Renames a key, at its position.
    Rename(Pointer, String),
}

impl Edit {
    pub(super) fn apply(&self, document: &mut Value) {
        let (Self::Set(pointer, _) | Self::Remove(pointer) | Self::Rename(pointer, _)) = self;
        let (Some(parent), Some(key)) = (pointer.parent(), pointer.last()) else { return };
        let Some(parent) = parent.find_mut(document) else { return };
        match (self, parent) {
            (Self::Set(_, value), Value::Object(map)) => {
                map.insert(key.to_owned(), value.clone());
            }
            (Self::Set(_, value), Value::Array(values)) => match key.parse::<usize>().ok() {
                Some(index) if index < values.len() => values[index] = value.clone(),
                _ => values.push(value.clone()),
            },
            (Self::Remove(_), Value::Object(map)) => {
                map.shift_remove(key);
            }
            (Self::Remove(_), Value::Array(values)) => {
                if let Some(index) = key.parse::<usize>().ok().filter(|index| *index < values.len()) {
                    values.remove(index);
                }
            }
            (Self::Rename(_, new), Value::Object(map)) => {
                let entries = std::mem::take(map).into_iter();
                let renamed = entries.map(|(name, value)| (if name == key { new.clone() } else { name }, value));
                *map = renamed.collect::<Map<_, _>>();
            }
            _ => {}
        }
    }
}
