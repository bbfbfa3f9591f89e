//! The results in the documentation.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::plots::Plot;
use crate::report::Report;
use crate::table;

/// The document, whose results are between two comments.
fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../server/docs/performance.md")
}

/// Writes the results into the documentation, and its plots.
///
/// # Errors
/// Fails if a file cannot be written.
pub fn write(report: &Report, plots: &[Plot]) -> Result<()> {
    let document = document();
    write_plots(plots, &document.with_extension(""))?;
    Ok(aether_results::write(&document, &results(report, plots))?)
}

/// Writes the files of plots into a directory.
///
/// # Errors
/// Fails if a file cannot be written.
pub fn write_plots(plots: &[Plot], directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)?;
    for plot in plots {
        fs::write(directory.join(plot.name).with_extension("svg"), &plot.svg)?;
    }
    Ok(())
}

fn results(report: &Report, plots: &[Plot]) -> String {
    let mut text = format!("{}\n\n", report.describe());
    text.extend(report.figures.iter().map(table::markdown));
    for plot in plots {
        let _ = writeln!(text, "![{}](performance/{}.svg)\n", plot.title, plot.name);
    }
    text
}
