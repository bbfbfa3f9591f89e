//! Lists: pages of 50 tokens at several places, with filters.

use crate::Result;
use crate::bench::Bench;
use crate::load::{Load, Script};
use crate::measure::Subject;
use crate::programs::aether;
use crate::raw::Page;
use crate::report::{Cell, Figure, TOKENS};

const LIST: Script = Script { name: "list", once: false };

/// The filters: the name for people, and the parameters. The beginning of a name that no token has reads the most.
const FILTERS: [(&str, &str); 5] = [
    ("none", ""),
    ("state", "&state=active"),
    ("name", "&name_prefix=service-"),
    ("state and name", "&state=active&name_prefix=service-"),
    ("name without match", "&name_prefix=none"),
];

/// The number of tokens of a page.
const PAGE: u32 = 50;

pub(super) fn measure(bench: &Bench) -> Result<Figure> {
    let size = bench.large();
    let seed = bench.seed_of(size, 1)?;
    let program = bench.aether(aether::DEFAULT, &seed)?;
    let mut rows = Vec::new();
    // The last page is full.
    for (place, before) in [("start", 0), ("middle", size / 2), ("end", size - u64::from(PAGE))] {
        let after = before.checked_sub(1).map(|index| seed.id(index)).transpose()?;
        let cursor = after.as_ref().map_or_else(String::new, |id| format!("&cursor={id}"));
        for (filter, parameters) in FILTERS {
            let mut variables = seed.variables(size);
            variables.push(("QUERY", format!("limit={PAGE}{cursor}{parameters}")));
            let mut subjects: Vec<Box<dyn Subject>> = vec![Load::subject(&program, LIST, 1, variables)];
            if parameters.is_empty() {
                subjects.push(Box::new(Page::open(&seed, after.as_deref(), PAGE)?));
            }
            let labels = vec![(TOKENS, Cell::Count(size)), ("page", place.into()), ("filter", filter.into())];
            rows.extend(bench.compare("list", &labels, subjects)?);
        }
    }
    let remarks = vec!["One connection. A page without a match has read up to 5,000 tokens and is empty.".into()];
    Ok(Figure { name: "list".into(), title: "Lists: pages of 50 tokens of one organization".into(), remarks, rows })
}
