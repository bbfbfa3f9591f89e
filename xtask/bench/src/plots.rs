//! Plots of figures, as SVG.

use plotters::prelude::{
    ChartBuilder, DrawingArea, IntoDrawingArea, IntoLogRange, LineSeries, PathElement, RGBColor, SVGBackend, WHITE,
};
use plotters::style::{BLACK, Color};

use crate::Result;
use crate::report::{CONNECTIONS, CPU, Figure, P50, P90, P99, P999, PROGRAM, RATE, Row, TOKENS};

/// The width and the height in pixels.
const SIZE: (u32, u32) = (860, 480);

const COLORS: [RGBColor; 6] = [
    RGBColor(0, 90, 181),
    RGBColor(86, 180, 233),
    RGBColor(120, 120, 120),
    RGBColor(190, 160, 0),
    RGBColor(0, 140, 90),
    RGBColor(200, 60, 20),
];

/// The percentiles with their positions on the axis, at powers of ten, which have labels.
const PERCENTILES: [(&str, f64); 4] = [(P50, 1.0), (P90, 10.0), (P99, 100.0), (P999, 1000.0)];

/// The number of connections of the plots with one number.
const CONNECTED: f64 = 16.0;

/// A plot.
#[derive(Debug)]
pub struct Plot {
    /// The name of the file without its extension.
    pub name: &'static str,
    /// The title.
    pub title: String,
    /// The SVG document.
    pub svg: String,
}

/// Lines of points by name. Both axes are logarithmic.
struct Chart {
    title: String,
    x: &'static str,
    y: &'static str,
    lines: Vec<(String, Vec<(f64, f64)>)>,
}

/// The plots for which the figures have more than one point in a line.
///
/// # Errors
/// Fails if a plot cannot be drawn.
pub fn plots(figures: &[Figure]) -> Result<Vec<Plot>> {
    let rows = |name: &str| figures.iter().find(|figure| figure.name == name).map_or(&[][..], |figure| &figure.rows);
    let (verify, create) = (rows("verify"), rows("create"));
    let charts = [
        ("throughput", throughput(verify)),
        ("latency", latency(verify)),
        ("verify-by-size", by_size(verify, "verification", CONNECTED)),
        ("create-by-size", by_size(create, "creation", 1.0)),
    ];
    let charts = charts.into_iter().filter(|(_, chart)| chart.lines.iter().any(|(_, points)| points.len() > 1));
    charts.map(|(name, chart)| Ok(Plot { name, svg: draw(&chart)?, title: chart.title })).collect()
}

fn throughput(rows: &[Row]) -> Chart {
    let largest = greatest(rows, TOKENS);
    let same = rows.iter().filter(|row| is(row, TOKENS, largest));
    let lines = lines(same, |row| vec![(value(row, CONNECTIONS), value(row, RATE))]);
    Chart { title: format!("Verifications per second, {largest} tokens"), x: CONNECTIONS, y: RATE, lines }
}

fn latency(rows: &[Row]) -> Chart {
    let largest = greatest(rows, TOKENS);
    let same = rows.iter().filter(|row| is(row, TOKENS, largest) && is(row, CONNECTIONS, CONNECTED));
    let lines = lines(same, |row| PERCENTILES.map(|(name, at)| (Some(at), value(row, name))).into());
    let title = format!("Latency of verifications, {largest} tokens, {CONNECTED} connections");
    Chart { title, x: "percentile", y: "ms", lines }
}

fn by_size(rows: &[Row], operation: &str, connections: f64) -> Chart {
    let same = rows.iter().filter(|row| is(row, CONNECTIONS, connections));
    let lines = lines(same, |row| vec![(value(row, TOKENS), value(row, CPU))]);
    let title = format!("Processor time of a {operation}, connections: {connections}");
    Chart { title, x: TOKENS, y: CPU, lines }
}

/// The points of each program.
fn lines<'r>(
    rows: impl Iterator<Item = &'r Row>,
    points: impl Fn(&Row) -> Vec<(Option<f64>, Option<f64>)>,
) -> Vec<(String, Vec<(f64, f64)>)> {
    let mut lines: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for row in rows {
        let name = row.get(PROGRAM).map(|cell| cell.to_string().replace('`', "")).unwrap_or_default();
        let found: Vec<_> = points(row).into_iter().filter_map(|(x, y)| x.zip(y)).filter(|(_, y)| *y > 0.0).collect();
        match lines.iter_mut().find(|(known, _)| *known == name) {
            _ if found.is_empty() => {}
            Some((_, line)) => line.extend(found),
            None => lines.push((name, found)),
        }
    }
    lines
}

fn value(row: &Row, column: &str) -> Option<f64> {
    row.get(column)?.value()
}

/// Whether a column has a value, which is a whole number.
fn is(row: &Row, column: &str, expected: f64) -> bool {
    value(row, column).is_some_and(|value| (value - expected).abs() < 0.5)
}

fn greatest(rows: &[Row], column: &str) -> f64 {
    rows.iter().filter_map(|row| value(row, column)).fold(0.0, f64::max)
}

fn draw(chart: &Chart) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        draw_into(&area, chart).map_err(|error| format!("{}: {error}", chart.title))?;
    }
    Ok(svg)
}

type Drawn<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn draw_into(area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>, chart: &Chart) -> Drawn<()> {
    let points = || chart.lines.iter().flat_map(|(_, points)| points);
    let range = |pick: fn(&(f64, f64)) -> f64| {
        let (low, high) = points().map(pick).fold((f64::MAX, 0.0), |(low, high), at| (at.min(low), at.max(high)));
        low * 0.8..high * 1.25
    };
    area.fill(&WHITE)?;
    let mut plot = ChartBuilder::on(area)
        .caption(&chart.title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(72)
        .margin_right(32)
        .build_cartesian_2d(range(|point| point.0).log_scale(), range(|point| point.1).log_scale())?;
    let label = |x: &f64| {
        let percentile = PERCENTILES.iter().find(|(_, at)| (at - x).abs() < at * 0.01);
        match percentile.filter(|_| chart.x == "percentile") {
            Some((name, _)) => name.trim_end_matches(" ms").to_owned(),
            None => format!("{x}"),
        }
    };
    plot.configure_mesh().x_desc(chart.x).y_desc(chart.y).x_label_formatter(&label).draw()?;
    for ((name, points), color) in chart.lines.iter().zip(COLORS) {
        plot.draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
    }
    plot.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3)).draw()?;
    Ok(area.present()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Spread;
    use crate::report::Cell;

    #[test]
    fn line_joins_the_points_of_a_program() {
        let row = |connections, rate| -> Row {
            let cells = [
                (TOKENS, Cell::Count(1000)),
                (CONNECTIONS, Cell::Count(connections)),
                (PROGRAM, "Aether".into()),
                (RATE, Spread::of([rate]).into()),
            ];
            cells.into_iter().collect()
        };
        let rows = vec![row(1, 10.0), row(16, 90.0)];
        let figure = Figure { name: "verify".into(), title: String::new(), remarks: Vec::new(), rows };
        let plots = plots(&[figure]).unwrap();
        assert_eq!(plots.iter().map(|plot| plot.name).collect::<Vec<_>>(), ["throughput"]);
        assert!(plots[0].svg.contains("1000 tokens") && plots[0].svg.ends_with("</svg>\n"), "{}", plots[0].svg);
    }
}
