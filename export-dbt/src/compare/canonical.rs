//! The one form of a value that both sides are brought to, so that equal values are equal for DuckDB.

use crate::fingerprint::hashable;
use crate::source::{duckdb_type, literal, quote};
use crate::types::{DeltaType, Field};

/// The type in which the values of two types are compared; none where no value of one is one of the other.
pub(crate) fn common(left: &DeltaType, right: &DeltaType) -> Option<DeltaType> {
    use DeltaType::{
        Array, Byte, Date, Decimal, Double, Float, Integer, Long, Map, Short, String, Struct,
        Timestamp, TimestampNtz,
    };
    if let (Array(a), Array(b)) = (left, right) {
        return Some(Array(common(a, b)?.into()));
    }
    if let (Map(k, v), Map(l, w)) = (left, right) {
        return Some(Map(common(k, l)?.into(), common(v, w)?.into()));
    }
    if let (Struct(a), Struct(b)) = (left, right) {
        if a.len() != b.len() {
            return None;
        }
        let member = |field: &Field| {
            let other = b.iter().find(|other| other.name.eq_ignore_ascii_case(&field.name))?;
            let name = field.name.to_lowercase();
            Some(Field { name, ty: common(&field.ty, &other.ty)?, comment: None })
        };
        return a.iter().map(member).collect::<Option<_>>().map(Struct);
    }
    if left == right {
        return Some(left.clone());
    }
    match (digits(left), digits(right)) {
        (Some(a), Some(b)) if is_whole(left) && is_whole(right) => {
            return Some(if a.0 > b.0 { left.clone() } else { right.clone() });
        }
        (Some((a, s)), Some((b, t))) => {
            let scale = s.max(t);
            let precision = (a - s).max(b - t) + scale;
            // More digits than DuckDB's decimals have: as text without zeros at its end.
            return Some(if precision > 38 { String } else { Decimal(precision, scale) });
        }
        _ => {}
    }
    match (left, right) {
        (Float | Double, Float | Double | Byte | Short | Integer | Long | Decimal(..))
        | (Byte | Short | Integer | Long | Decimal(..), Float | Double) => Some(Double),
        (Date | Timestamp | TimestampNtz, Date | Timestamp | TimestampNtz) => Some(TimestampNtz),
        _ => None,
    }
}

fn is_whole(ty: &DeltaType) -> bool {
    use DeltaType::{Byte, Integer, Long, Short};
    matches!(ty, Byte | Short | Integer | Long)
}

/// Digits in all and behind the point.
fn digits(ty: &DeltaType) -> Option<(u8, u8)> {
    Some(match ty {
        DeltaType::Byte => (3, 0),
        DeltaType::Short => (5, 0),
        DeltaType::Integer => (10, 0),
        DeltaType::Long => (19, 0),
        DeltaType::Decimal(precision, scale) => (*precision, *scale),
        _ => return None,
    })
}

/// The SQL that brings `value`, of the type `from`, to the common type: 0.0 for -0.0, one NaN, and the entries of maps
/// in the order of their keys.
pub(crate) fn canonical(value: &str, from: &DeltaType, to: &DeltaType) -> String {
    expression(value, from, to, 0)
}

fn is_identity(from: &DeltaType, to: &DeltaType) -> bool {
    match (from, to) {
        (DeltaType::Float | DeltaType::Double | DeltaType::Map(..), _) => false,
        (DeltaType::Array(a), DeltaType::Array(b)) => is_identity(a, b),
        (DeltaType::Struct(a), DeltaType::Struct(b)) => {
            a.iter().zip(b).all(|(a, b)| a.name == b.name && is_identity(&a.ty, &b.ty))
        }
        (from, to) => from == to,
    }
}

fn expression(value: &str, from: &DeltaType, to: &DeltaType, depth: usize) -> String {
    if is_identity(from, to) {
        return value.to_owned();
    }
    let x = format!("y{depth}");
    match (from, to) {
        (DeltaType::Array(a), DeltaType::Array(b)) => {
            let inner = expression(&x, a, b, depth + 1);
            format!("list_transform({value}, lambda {x}: {inner})")
        }
        (DeltaType::Map(k, v), DeltaType::Map(l, w)) => {
            let key = expression(&format!("{x}.key"), k, l, depth + 1);
            let entry = expression(&format!("{x}.value"), v, w, depth + 1);
            format!(
                "map_from_entries(list_sort(list_transform(map_entries({value}), lambda {x}: struct_pack(key := {key}, value := {entry}))))"
            )
        }
        (DeltaType::Struct(a), DeltaType::Struct(b)) => {
            let member = |(position, to): (usize, &Field)| {
                let named = a.iter().find(|from| from.name.eq_ignore_ascii_case(&to.name));
                // A member that an export renames keeps its place.
                let from = named.or_else(|| a.get(position)).unwrap_or(to);
                let member = format!("struct_extract({value}, {})", literal(&from.name));
                let inner = expression(&member, &from.ty, &to.ty, depth + 1);
                format!("{} := {inner}", quote(&to.name))
            };
            let members: Vec<String> = b.iter().enumerate().map(member).collect();
            format!(
                "CASE WHEN {value} IS NULL THEN NULL ELSE struct_pack({}) END",
                members.join(", ")
            )
        }
        (DeltaType::Decimal(_, 0), DeltaType::String) => format!("CAST({value} AS VARCHAR)"),
        (DeltaType::Decimal(precision, scale), DeltaType::String) => {
            let text = format!("CAST({value} AS VARCHAR)");
            // DuckDB writes no 0 before the point of a type without digits there.
            let text = match precision == scale {
                true => format!(r"regexp_replace({text}, '^(-?)\.', '\10.')"),
                false => text,
            };
            format!("rtrim(rtrim({text}, '0'), '.')")
        }
        (_, DeltaType::Float | DeltaType::Double) => {
            let ty = duckdb_type(to);
            let number = format!("CAST({value} AS {ty})");
            // The text of a list, which is hashed, has the sign of a NaN.
            format!(
                "CASE WHEN isnan({number}) THEN CAST('nan' AS {ty}) ELSE {number} + CAST(0 AS {ty}) END"
            )
        }
        _ => format!("CAST({value} AS {})", duckdb_type(to)),
    }
}

/// The SQL of the hash of a row.
pub(crate) fn row_hash<'a>(columns: impl Iterator<Item = (String, &'a DeltaType)>) -> String {
    let columns: Vec<String> = columns.map(|(name, ty)| hashable(&name, ty)).collect();
    // The outer hash keeps two rows that swap a value from having the sum of the rows before.
    format!("hash(hash({}))", columns.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use duckdb::Connection;

    fn field(name: &str, ty: DeltaType) -> Field {
        Field { name: name.into(), ty, comment: None }
    }

    #[test]
    fn types_that_hold_the_same_values_have_a_common_one() {
        use DeltaType::{
            Boolean, Date, Decimal, Double, Float, Integer, Long, String, TimestampNtz,
        };
        assert_eq!(common(&Integer, &Long), Some(Long));
        assert_eq!(common(&Decimal(10, 2), &Decimal(12, 6)), Some(Decimal(14, 6)));
        assert_eq!(common(&Long, &Decimal(20, 0)), Some(Decimal(20, 0)));
        assert_eq!(common(&Decimal(38, 2), &Decimal(38, 6)), Some(String));
        assert_eq!(common(&Float, &Double), Some(Double));
        assert_eq!(common(&Decimal(18, 6), &Double), Some(Double));
        assert_eq!(common(&Date, &TimestampNtz), Some(TimestampNtz));
        assert_eq!(common(&Boolean, &Integer), None);
        assert_eq!(common(&String, &Date), None);
        let one = DeltaType::Struct(vec![field("A", Integer), field("b", Date)]);
        let other = DeltaType::Struct(vec![field("b", Date), field("a", Long)]);
        let both = DeltaType::Struct(vec![field("a", Long), field("b", Date)]);
        assert_eq!(common(&one, &other), Some(both));
        assert_eq!(common(&one, &DeltaType::Struct(vec![field("a", Long)])), None);
    }

    fn same(left: &str, right: &str, from: &DeltaType, to: &DeltaType) -> bool {
        let both = common(from, to).unwrap();
        let (a, b) = (canonical("a", from, &both), canonical("b", to, &both));
        let hash = |name: &str| row_hash(std::iter::once((name.to_owned(), &both)));
        let sql = format!(
            "SELECT x IS NOT DISTINCT FROM y, {} = {} FROM (SELECT {a} AS x, {b} AS y FROM (SELECT {left} AS a, {right} AS b))",
            hash("x"),
            hash("y")
        );
        let connection = Connection::open_in_memory().unwrap();
        let read = |row: &duckdb::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let (equal, hashed): (bool, bool) =
            connection.query_row(&sql, [], read).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(equal, hashed, "{sql}");
        equal
    }

    /// One test for each pair of values that are equal, or are not.
    macro_rules! values {
        ($($test:ident: $left:expr, $right:expr, $from:expr, $to:expr => $equal:expr;)*) => {
            $(
                #[test]
                fn $test() {
                    assert_eq!(same($left, $right, &$from, &$to), $equal);
                }
            )*
        };
    }

    fn list(ty: DeltaType) -> DeltaType {
        DeltaType::Array(ty.into())
    }

    fn map(key: DeltaType, value: DeltaType) -> DeltaType {
        DeltaType::Map(key.into(), value.into())
    }

    values! {
        nan_is_nan: "'nan'::DOUBLE", "-('nan'::DOUBLE)", DeltaType::Double, DeltaType::Double => true;
        zero_has_no_sign: "0.0::DOUBLE", "'-0.0'::DOUBLE", DeltaType::Double, DeltaType::Double => true;
        nan_is_nan_in_a_list: "['nan'::DOUBLE]", "[-('nan'::DOUBLE)]", list(DeltaType::Double), list(DeltaType::Double) => true;
        zero_has_no_sign_in_a_list: "[0.0::FLOAT]", "['-0.0'::FLOAT]", list(DeltaType::Float), list(DeltaType::Float) => true;
        infinities_differ: "'inf'::DOUBLE", "'-inf'::DOUBLE", DeltaType::Double, DeltaType::Double => false;
        the_last_digit_counts: "0.1::DOUBLE + 0.2", "0.3::DOUBLE", DeltaType::Double, DeltaType::Double => false;
        null_is_null: "NULL::BIGINT", "NULL::BIGINT", DeltaType::Long, DeltaType::Long => true;
        null_is_no_zero: "NULL::BIGINT", "0::BIGINT", DeltaType::Long, DeltaType::Long => false;
        null_is_no_empty_list: "NULL::INTEGER[]", "[]::INTEGER[]", list(DeltaType::Integer), list(DeltaType::Integer) => false;
        null_in_a_list_counts: "[NULL]::INTEGER[]", "[]::INTEGER[]", list(DeltaType::Integer), list(DeltaType::Integer) => false;
        scale_is_no_value: "1.50::DECIMAL(10,2)", "1.5::DECIMAL(12,6)", DeltaType::Decimal(10, 2), DeltaType::Decimal(12, 6) => true;
        scale_of_large_decimals: "1.50::DECIMAL(38,2)", "1.5::DECIMAL(38,9)", DeltaType::Decimal(38, 2), DeltaType::Decimal(38, 9) => true;
        no_digit_before_the_point: "0.5::DECIMAL(38,38)", "0.5::DECIMAL(38,2)", DeltaType::Decimal(38, 38), DeltaType::Decimal(38, 2) => true;
        no_digit_before_the_point_of_a_negative: "(-0.5)::DECIMAL(38,38)", "(-0.50)::DECIMAL(38,2)", DeltaType::Decimal(38, 38), DeltaType::Decimal(38, 2) => true;
        zero_without_a_digit_before_the_point: "0::DECIMAL(38,38)", "0::DECIMAL(38,2)", DeltaType::Decimal(38, 38), DeltaType::Decimal(38, 2) => true;
        no_digit_before_the_point_and_one: "0.5::DECIMAL(38,38)", "10.5::DECIMAL(38,2)", DeltaType::Decimal(38, 38), DeltaType::Decimal(38, 2) => false;
        a_digit_behind: "1.50::DECIMAL(10,2)", "1.500001::DECIMAL(12,6)", DeltaType::Decimal(10, 2), DeltaType::Decimal(12, 6) => false;
        maps_have_no_order: "MAP {'a': 1, 'b': 2}", "MAP {'b': 2, 'a': 1}", map(DeltaType::String, DeltaType::Integer), map(DeltaType::String, DeltaType::Integer) => true;
        maps_of_other_values: "MAP {'a': 1}", "MAP {'a': 2}", map(DeltaType::String, DeltaType::Integer), map(DeltaType::String, DeltaType::Integer) => false;
        lists_have_an_order: "[1, 2]", "[2, 1]", list(DeltaType::Integer), list(DeltaType::Integer) => false;
        text_keeps_its_spaces: "'a '", "'a'", DeltaType::String, DeltaType::String => false;
        times_of_a_day: "DATE '2024-07-01'", "TIMESTAMP '2024-07-01 00:00:00'", DeltaType::Date, DeltaType::TimestampNtz => true;
    }

    #[test]
    fn members_are_found_by_name() {
        let from = DeltaType::Struct(vec![
            field("A", DeltaType::Integer),
            field("m", map(DeltaType::String, DeltaType::Double)),
        ]);
        let to = DeltaType::Struct(vec![
            field("m", map(DeltaType::String, DeltaType::Double)),
            field("a", DeltaType::Integer),
        ]);
        let one = "{'A': 1, 'm': MAP {'x': 1.0::DOUBLE, 'y': NULL}}";
        assert!(same(one, "{'m': MAP {'y': NULL, 'x': 1.0::DOUBLE}, 'a': 1}", &from, &to));
        assert!(!same(
            one,
            "{'m': MAP {'y': NULL, 'x': 1.0::DOUBLE}, 'a': NULL::INTEGER}",
            &from,
            &to
        ));
        assert!(!same(one, "NULL::STRUCT(m MAP(VARCHAR, DOUBLE), a INTEGER)", &from, &to));
    }
}
