//! Cycles of types that contain each other. Without a box, such a type would have no size.

use crate::ir::{Component, Kind};
use crate::reader::Source;
use crate::rules;
use dropstub_document::Pointer;

/// Assigns components to cycles.
pub(crate) fn mark(components: &mut [Component]) {
    let held: Vec<_> = components.iter().map(|component| held(&component.schema.kind)).collect();
    for (number, cycle) in Search::of(&held).into_iter().enumerate() {
        let recursive = cycle.len() > 1 || cycle.iter().any(|index| held[*index].contains(index));
        for index in cycle {
            components[index].cycle = recursive.then_some(number);
        }
    }
}

/// Diagnoses components that only refer to themselves: validation of a value would not end. Returns whether there are any.
/// Components that could not be read are skipped.
pub(crate) fn report_empty(source: &Source<'_>, components: &[Component]) -> bool {
    let mut found = false;
    let same: Vec<_> = components.iter().map(|component| same(&component.schema.kind)).collect();
    for cycle in Search::of(&same) {
        let read = cycle.iter().all(|index| components[*index].read);
        let empty = read && (cycle.len() > 1 || cycle.iter().any(|index| same[*index].contains(index)));
        found |= empty;
        for component in cycle.into_iter().filter(|_| empty).map(|index| &components[index]).filter(|it| !it.inline) {
            let pointer = Pointer::root().child("components").child("schemas").child(&component.name);
            source.report(
                &rules::COMPONENT_EMPTY,
                &pointer,
                "the component only refers to itself",
                "describe its type",
            );
        }
    }
    found
}

/// The components that a value of this kind can be.
fn same(kind: &Kind) -> Vec<usize> {
    match kind {
        Kind::Named(index) => vec![*index],
        Kind::Union(union) => union.alternatives.iter().flat_map(|it| same(&it.schema.kind)).collect(),
        _ => Vec::new(),
    }
}

/// The components that a value of this kind contains, without a list or map in between.
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

/// Tarjan's algorithm for strongly connected components, with an explicit stack, because a document can be deeper than the thread's stack.
struct Search<'h> {
    held: &'h [Vec<usize>],
    /// The index of each node's first visit, and the smallest index that it reaches.
    seen: Vec<Option<usize>>,
    low: Vec<usize>,
    open: Vec<usize>,
    is_open: Vec<bool>,
    cycles: Vec<Vec<usize>>,
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
            cycles: Vec::new(),
            clock: 0,
        };
        for index in 0..size {
            if search.seen[index].is_none() {
                search.from(index);
            }
        }
        search.cycles
    }

    fn from(&mut self, start: usize) {
        let mut path = vec![(start, 0)];
        self.enter(start);
        while let Some((index, next)) = path.last_mut() {
            let (index, position) = (*index, *next);
            *next += 1;
            let Some(&other) = self.held[index].get(position) else {
                path.pop();
                if let Some((before, _)) = path.last() {
                    self.low[*before] = self.low[*before].min(self.low[index]);
                }
                self.leave(index);
                continue;
            };
            match self.seen[other] {
                None => {
                    self.enter(other);
                    path.push((other, 0));
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

    /// Completes the cycle that starts here, if there is one.
    fn leave(&mut self, index: usize) {
        if self.seen[index] != Some(self.low[index]) {
            return;
        }
        let start = self.open.iter().rposition(|open| *open == index).unwrap_or(0);
        let cycle = self.open.split_off(start);
        cycle.iter().for_each(|index| self.is_open[*index] = false);
        self.cycles.push(cycle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strongly_connected_components_are_found() {
        let held = [vec![1], vec![2, 3], vec![0], vec![3], vec![0]];
        let mut cycles = Search::of(&held);
        cycles.iter_mut().for_each(|cycle| cycle.sort_unstable());
        cycles.sort();
        assert_eq!(cycles, [vec![0, 1, 2], vec![3], vec![4]]);
    }
}
