//! The reader of Compose projects next to the real `docker compose config`.

mod project;
