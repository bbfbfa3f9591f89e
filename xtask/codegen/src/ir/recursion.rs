//! Which types hold each other: a value of such a type would have no size, were it not for a box.

use crate::ir::{Component, Kind};
use crate::reader::Source;
use dropstub_document::Pointer;

/// Marks the circles: two components are in one where each holds the other.
pub(crate) fn mark(components: &mut [Component]) {
    let held: Vec<_> = components.iter().map(|component| held(&component.schema.kind)).collect();
    for (number, circle) in Search::of(&held).into_iter().enumerate() {
        let recursive = circle.len() > 1 || circle.iter().any(|index| held[*index].contains(index));
        for index in circle {
            components[index].circle = number;
            components[index].recursive = recursive;
        }
    }
}

/// Refuses components that are themselves and nothing else: whether a value is one could not be decided. Returns whether
/// there are any. Nothing is known of those that could not be read.
pub(crate) fn refuse_empty(source: &Source<'_>, components: &[Component]) -> bool {
    let mut found = false;
    let same: Vec<_> = components.iter().map(|component| same(&component.schema.kind)).collect();
    for circle in Search::of(&same) {
        let read = circle.iter().all(|index| components[*index].read);
        let empty = read && (circle.len() > 1 || circle.iter().any(|index| same[*index].contains(index)));
        found |= empty;
        for component in circle.into_iter().filter(|_| empty).map(|index| &components[index]).filter(|it| !it.inline) {
            let pointer = Pointer::root().child("components").child("schemas").child(&component.name);
            source.refuse(&pointer, "a component that is itself and nothing else", "describe what it is");
        }
    }
    found
}

/// The components that a value of this kind may be as a whole.
fn same(kind: &Kind) -> Vec<usize> {
    match kind {
        Kind::Named(index) => vec![*index],
        Kind::Union(union) => union.alternatives.iter().flat_map(|it| same(&it.schema.kind)).collect(),
        _ => Vec::new(),
    }
}

/// The components that a value of this kind has in itself, not behind a list or a map.
fn held(kind: &Kind) -> Vec<usize> {
    let named = |kind: &Kind| if let Kind::Named(index) = kind { Some(*index) } else { None };
    match kind {
        Kind::Named(index) => vec![*index],
        Kind::Object(object) => object.properties.iter().filter_map(|property| named(&property.schema.kind)).collect(),
        Kind::Union(union) => union
            .alternatives
            .iter()
            .filter_map(|alternative| match &alternative.tagged {
                Some(tagged) => tagged.rest,
                None => named(&alternative.schema.kind),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Tarjan's search for strongly connected components, with a stack of its own: a document may be deeper than ours.
struct Search<'h> {
    held: &'h [Vec<usize>],
    /// When each was first seen, and the earliest that it leads back to.
    seen: Vec<Option<usize>>,
    low: Vec<usize>,
    open: Vec<usize>,
    is_open: Vec<bool>,
    circles: Vec<Vec<usize>>,
    clock: usize,
}

impl<'h> Search<'h> {
    fn of(held: &'h [Vec<usize>]) -> Vec<Vec<usize>> {
        let size = held.len();
        let mut search = Self {
            held,
            seen: vec![None; size],
            low: vec![0; size],
            open: Vec::new(),
            is_open: vec![false; size],
            circles: Vec::new(),
            clock: 0,
        };
        for index in 0..size {
            if search.seen[index].is_none() {
                search.from(index);
            }
        }
        search.circles
    }

    fn from(&mut self, start: usize) {
        let mut way = vec![(start, 0)];
        self.enter(start);
        while let Some((index, next)) = way.last_mut() {
            let (index, position) = (*index, *next);
            *next += 1;
            let Some(&other) = self.held[index].get(position) else {
                way.pop();
                if let Some((before, _)) = way.last() {
                    self.low[*before] = self.low[*before].min(self.low[index]);
                }
                self.leave(index);
                continue;
            };
            match self.seen[other] {
                None => {
                    self.enter(other);
                    way.push((other, 0));
                }
                Some(seen) if self.is_open[other] => self.low[index] = self.low[index].min(seen),
                Some(_) => {}
            }
        }
    }

    fn enter(&mut self, index: usize) {
        self.seen[index] = Some(self.clock);
        self.low[index] = self.clock;
        self.clock += 1;
        self.open.push(index);
        self.is_open[index] = true;
    }

    /// Closes the circle that begins here, if one does.
    fn leave(&mut self, index: usize) {
        if self.seen[index] != Some(self.low[index]) {
            return;
        }
        let start = self.open.iter().rposition(|open| *open == index).unwrap_or(0);
        let circle = self.open.split_off(start);
        circle.iter().for_each(|index| self.is_open[*index] = false);
        self.circles.push(circle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found() {
        let held = [vec![1], vec![2, 3], vec![0], vec![3], vec![0]];
        let mut circles = Search::of(&held);
        circles.iter_mut().for_each(|circle| circle.sort_unstable());
        circles.sort();
        assert_eq!(circles, [vec![0, 1, 2], vec![3], vec![4]]);
    }
}
