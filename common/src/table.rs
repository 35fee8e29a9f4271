//! Aligned tables: the same bytes on a terminal and in a pipe.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

/// `rows` under `header`, columns two spaces apart, ending in a newline.
/// The columns in `right` (counted from 0) are aligned to the right, for numbers.
pub fn render(header: &[&str], rows: &[Vec<String>], right: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(header.to_vec());
    for row in rows {
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The word that a state has in JSON, for a cell.
#[cfg(feature = "json")]
pub fn word(state: &impl serde::Serialize) -> String {
    let word = serde_json::to_value(state).ok();
    word.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_line_up_and_lines_end_without_spaces() {
        let rows = vec![vec!["core".into(), "6".into()], vec!["data-pipeline".into(), "18".into()]];
        assert_eq!(
            super::render(&["file", "variables"], &rows, &[1]),
            "file           variables\ncore                   6\ndata-pipeline         18\n"
        );
    }
}
