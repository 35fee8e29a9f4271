//! Findings as text, for people and for programs.

pub(crate) mod budget;
mod human;

pub(crate) use human::human;
