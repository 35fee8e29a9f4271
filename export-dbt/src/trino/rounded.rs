//! The columns whose times Trino shows rounded: it reads Delta's `timestamp` as `timestamp(3) with time zone`.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use common::diagnostic::Diagnostic;

use crate::types::Field;

/// The positions of the columns that have an instant between two milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Rounded(BTreeSet<usize>);

impl Rounded {
    /// Looks at the values of some rows.
    pub(crate) fn add(&mut self, batch: &RecordBatch) {
        for (position, column) in batch.columns().iter().enumerate() {
            if !self.0.contains(&position) && is_rounded(column) {
                self.0.insert(position);
            }
        }
    }

    /// A warning for each column.
    pub(crate) fn warnings<'a>(
        &'a self,
        fields: &'a [Field],
    ) -> impl Iterator<Item = Diagnostic> + 'a {
        let rounded = self.0.iter().filter_map(|position| fields.get(*position));
        rounded.map(|field| {
            let message =
                format!("column {:?}: Trino rounds its times to milliseconds", field.name);
            Diagnostic::warning("rounded", message)
                .hint("in the model, cast it to TIMESTAMP in UTC, which Trino reads exactly")
        })
    }
}

fn is_rounded(array: &dyn Array) -> bool {
    let any = |columns: &[arrow::array::ArrayRef]| columns.iter().any(|column| is_rounded(column));
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
            let instants = array.as_primitive::<TimestampMicrosecondType>();
            instants.iter().flatten().any(|microseconds| microseconds % 1000 != 0)
        }
        DataType::Struct(_) => any(array.as_struct().columns()),
        DataType::List(_) => is_rounded(array.as_list::<i32>().values()),
        DataType::Map(..) => any(array.as_map().entries().columns()),
        _ => false,
    }
}
