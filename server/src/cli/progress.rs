//! Progress on a terminal. Nothing is shown unless standard error is one.

use std::borrow::Cow;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use crate::store::Stage;

/// The time between two frames of a bar without a known end.
const TICK: Duration = Duration::from_millis(100);

/// A bar up to `total`, which disappears when its last handle is dropped.
pub(super) fn bar(verb: &'static str, noun: &str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(&format!("{{msg}} {{bar:40}} {{pos}} of {{len}} {noun}, {{eta}} left"));
    new(total, style, verb)
}

/// As [`bar`], with a number of bytes.
pub(super) fn bytes(verb: &'static str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:40} {bytes} of {total_bytes}, {eta} left");
    new(total, style, verb)
}

/// The time of work without a known end.
pub(super) fn elapsed(verb: impl Into<Cow<'static, str>>) -> ProgressBar {
    let bar = new(0, ProgressStyle::with_template("{msg} {spinner} {elapsed}"), verb);
    bar.enable_steady_tick(TICK);
    bar
}

fn new(
    total: u64,
    style: Result<ProgressStyle, indicatif::style::TemplateError>,
    verb: impl Into<Cow<'static, str>>,
) -> ProgressBar {
    ProgressBar::new(total)
        .with_style(style.expect("the template is valid"))
        .with_message(verb)
        .with_finish(ProgressFinish::AndClear)
}

/// Shows each stage with a bar of its own. `copying` makes the bar of the copied part.
pub(super) fn stages(copying: fn(u64) -> ProgressBar) -> impl FnMut(Stage) {
    let mut shown: Option<(bool, ProgressBar)> = None;
    move |stage| match stage {
        Stage::Copying { done, total } => {
            if !matches!(shown, Some((true, _))) {
                shown = Some((true, copying(total)));
            }
            if let Some((_, bar)) = &shown {
                bar.set_length(total);
                bar.set_position(done);
            }
        }
        Stage::Checking => shown = Some((false, elapsed("checking the copy"))),
    }
}
