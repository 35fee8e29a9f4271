//! Aligned tables: the same bytes on a terminal and in a pipe.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

use crate::streams::harmless;

/// `rows` under `header`, columns two spaces apart, ending in a newline.
/// The columns in `right` (counted from 0) are aligned to the right, for numbers.
pub fn render(header: &[&str], rows: &[Vec<String>], right: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(header.to_vec());
    for row in rows {
        table.add_row(row.iter().map(|cell| harmless(cell)));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A bar for a share of a whole, `width` characters long for all of it; longer for more than all.
pub fn bar(part: i128, whole: i128, width: usize) -> String {
    let eighths = match whole {
        0 => 0,
        whole => part.saturating_mul(width as i128 * 8) / whole,
    };
    let full = usize::try_from(eighths / 8).unwrap_or(0);
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][usize::try_from(eighths % 8).unwrap_or(0)];
    format!("{}{rest}", "█".repeat(full))
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
    fn a_name_does_not_command_the_terminal() {
        let rows = vec![vec!["a\u{1b}[31mb".into()]];
        assert_eq!(super::render(&["table"], &rows, &[]), "table\na\u{fffd}[31mb\n");
    }

    #[test]
    fn bars_are_as_long_as_their_share() {
        let bar = |part, whole| super::bar(part, whole, 24);
        assert_eq!(bar(10, 10), "█".repeat(24));
        assert_eq!(bar(5, 10), "█".repeat(12));
        assert_eq!(bar(15, 10), "█".repeat(36));
        assert_eq!(bar(1, 16), "█▌");
        assert_eq!(bar(0, 10), "");
        assert_eq!(bar(0, 0), "");
    }

    #[test]
    fn columns_line_up_and_lines_end_without_spaces() {
        let rows = vec![vec!["core".into(), "6".into()], vec!["data-pipeline".into(), "18".into()]];
        assert_eq!(
            super::render(&["file", "variables"], &rows, &[1]),
            "file           variables\ncore                   6\ndata-pipeline         18\n"
        );
    }
}
