//! Gives DuckDB's Arrow arrays the exact types that are written: nested field names, time
//! zones. Values and buffers are shared, not copied.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;

/// `array` with the type `target`.
///
/// # Errors
/// When the array's physical layout is not the target's, which means that the SQL of a column
/// did not make the type that was planned.
pub(crate) fn conform(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == target {
        return Ok(Arc::clone(array));
    }
    match (array.data_type(), target) {
        (
            DataType::Timestamp(TimeUnit::Microsecond, _),
            DataType::Timestamp(TimeUnit::Microsecond, zone),
        ) => {
            let array = array.as_primitive::<TimestampMicrosecondType>().clone();
            Ok(Arc::new(TimestampMicrosecondArray::with_timezone_opt(array, zone.clone())))
        }
        (DataType::List(_), DataType::List(field)) => {
            let list = array.as_list::<i32>();
            let values = conform(list.values(), field.data_type())?;
            let list = ListArray::try_new(
                Arc::clone(field),
                list.offsets().clone(),
                values,
                list.nulls().cloned(),
            )?;
            Ok(Arc::new(list))
        }
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let from = array.as_struct();
            if from.num_columns() != fields.len() {
                return Err(mismatch(array.data_type(), target));
            }
            let columns = from
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, field)| conform(column, field.data_type()))
                .collect::<Result<Vec<_>, _>>()?;
            let nulls = from.nulls().cloned();
            Ok(Arc::new(StructArray::try_new(fields.clone(), columns, nulls)?))
        }
        (DataType::Map(..), DataType::Map(field, sorted)) => {
            let map = array.as_map();
            let entries: ArrayRef = Arc::new(map.entries().clone());
            let entries = conform(&entries, field.data_type())?;
            let map = MapArray::try_new(
                Arc::clone(field),
                map.offsets().clone(),
                entries.as_struct().clone(),
                map.nulls().cloned(),
                *sorted,
            )?;
            Ok(Arc::new(map))
        }
        (from, to) => Err(mismatch(from, to)),
    }
}

fn mismatch(from: &DataType, to: &DataType) -> ArrowError {
    ArrowError::SchemaError(format!("DuckDB sent {from} where {to} was planned"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{DeltaType, Field};
    use arrow::array::{Int32Array, Int64Array};
    use arrow::buffer::{NullBuffer, OffsetBuffer};
    use arrow::datatypes::Field as ArrowField;

    #[test]
    fn renames_inside_lists_of_structs() {
        let inner = ArrowField::new("a", DataType::Int32, true);
        let structs = StructArray::try_new(
            vec![inner].into(),
            vec![Arc::new(Int32Array::from(vec![Some(1), None, Some(3)])) as ArrayRef],
            Some(NullBuffer::from(vec![true, true, false])),
        )
        .unwrap();
        let list = ListArray::try_new(
            Arc::new(ArrowField::new("l", structs.data_type().clone(), true)),
            OffsetBuffer::new(vec![0, 2, 2, 3].into()),
            Arc::new(structs),
            Some(NullBuffer::from(vec![true, false, true])),
        )
        .unwrap();
        let target = DeltaType::Array(Box::new(DeltaType::Struct(vec![Field {
            name: "renamed".into(),
            ty: DeltaType::Integer,
            comment: None,
        }])))
        .to_arrow();
        let out = conform(&(Arc::new(list) as ArrayRef), &target).unwrap();
        assert_eq!(out.data_type(), &target);
        assert_eq!(out.null_count(), 1);
    }

    #[test]
    fn refuses_another_layout() {
        let array: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let error = conform(&array, &DataType::Int32).unwrap_err();
        assert!(error.to_string().contains("Int64"), "{error}");
    }

    #[test]
    fn sets_the_time_zone() {
        let array: ArrayRef =
            Arc::new(TimestampMicrosecondArray::from(vec![5]).with_timezone("Etc/UTC"));
        let target = DeltaType::Timestamp.to_arrow();
        assert_eq!(conform(&array, &target).unwrap().data_type(), &target);
    }
}
