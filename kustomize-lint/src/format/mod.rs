//! Findings as text, for people and for programs.

mod human;

pub(crate) use human::human;
