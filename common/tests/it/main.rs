//! The reader of Compose projects next to the real `docker compose config`, and the messages about a catalogue.

mod leaks;
mod project;
