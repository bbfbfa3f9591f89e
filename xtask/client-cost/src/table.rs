//! Tables in Markdown.

/// A table whose first column has text and whose other columns have numbers.
pub fn markdown(columns: &[&str], rows: &[Vec<String>]) -> String {
    let alignments = (0..columns.len()).map(|column| if column == 0 { "---" } else { "---:" });
    let lines = [columns.join(" | "), alignments.collect::<Vec<_>>().join(" | ")].into_iter();
    lines.chain(rows.iter().map(|row| row.join(" | "))).flat_map(|line| ["| ".into(), line, " |\n".into()]).collect()
}

/// A whole number with separators of thousands.
pub fn whole(number: i64) -> String {
    let text = number.to_string();
    let (sign, digits) = text.split_at(usize::from(text.starts_with('-')));
    let first = (digits.len() - 1) % 3 + 1;
    let mut groups = vec![&digits[..first]];
    groups.extend((first..digits.len()).step_by(3).map(|start| &digits[start..start + 3]));
    sign.to_owned() + &groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators_of_thousands() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (-123_456, "-123,456"), (-12, "-12"), (1_234_567, "1,234,567")]
        {
            assert_eq!(whole(number), expected);
        }
    }

    #[test]
    fn table_aligns_numbers_to_the_right() {
        let table = markdown(&["crate", "seconds"], &[vec!["a".into(), "1.5".into()]]);
        assert_eq!(table, "| crate | seconds |\n| --- | ---: |\n| a | 1.5 |\n");
    }
}
