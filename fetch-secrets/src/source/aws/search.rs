//! The names of secrets with a prefix or with tags.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, SecretListEntry};
use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::stop::Stop;

use super::failure::Why;
use super::session::Session;
use crate::cli::{Search, Tag};

/// The most entries that one ListSecrets gives.
const PAGE: i32 = 100;
/// The longest value that a filter takes.
const LONGEST: usize = 512;

/// The secrets that `search` finds, sorted.
///
/// # Errors
/// None is found, the caller may not list them, or the endpoint.
pub(super) async fn names(session: &Session, search: &Search) -> Result<Vec<String>> {
    let filters = filters(search);
    let mut names = BTreeSet::new();
    let mut next = None;
    loop {
        let request = async |client: &Client| {
            let request = client.list_secrets().set_filters(Some(filters.clone()));
            request.max_results(PAGE).set_next_token(next.clone()).send().await
        };
        let page = match session.ask(request).await {
            Ok(page) => page,
            Err(failure) if failure.why() == Some(Why::Denied) => {
                let message = format!("Secrets Manager at {}: {failure}", session.endpoint);
                let hint = "allow secretsmanager:ListSecrets on \"*\"; it reads no value";
                bail!(Stop::new(Status::No, Diagnostic::error("refused", message).hint(hint)))
            }
            Err(failure) => bail!(failure.stop(&session.endpoint)),
        };
        let entries = page.secret_list.unwrap_or_default();
        // The filters match beginnings of tags, too, and stand-ins match them in their ways.
        let found = entries.into_iter().filter(|entry| matches(entry, search));
        names.extend(found.filter_map(|entry| entry.name));
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            break;
        }
    }
    if names.is_empty() {
        let message = format!("no secret {}; {}", wanted(search), session.place().await);
        let hint = "look in another region or account (AWS_REGION, AWS_PROFILE)";
        bail!(Stop::new(Status::No, Diagnostic::error("no-secrets", message).hint(hint)));
    }
    Ok(names.into_iter().collect())
}

fn filters(search: &Search) -> Vec<Filter> {
    let filter = |key, value: &str| Filter::builder().key(key).values(value).build();
    // The service refuses other characters in a filter, and a ! at its beginning means all but those.
    let allowed = |c: char| c.is_ascii_alphanumeric() || " :_@/+=.-!".contains(c);
    let sent = |text: &&str| {
        !text.is_empty()
            && !text.starts_with('!')
            && text.len() <= LONGEST
            && text.chars().all(allowed)
    };
    let prefix = search.prefix.as_deref().filter(sent);
    let mut filters: Vec<Filter> =
        prefix.map(|prefix| filter(FilterNameStringType::Name, prefix)).into_iter().collect();
    if let Some(tag) = search.tag.first() {
        if sent(&tag.key.as_str()) {
            filters.push(filter(FilterNameStringType::TagKey, &tag.key));
        }
        if sent(&tag.value.as_str()) {
            filters.push(filter(FilterNameStringType::TagValue, &tag.value));
        }
    }
    filters
}

fn matches(entry: &SecretListEntry, search: &Search) -> bool {
    let name = entry.name().unwrap_or_default();
    let prefix = search.prefix.as_deref().is_none_or(|prefix| name.starts_with(prefix));
    let has = |tag: &Tag| {
        let same = |entry_tag: &aws_sdk_secretsmanager::types::Tag| {
            entry_tag.key() == Some(&tag.key) && entry_tag.value().unwrap_or_default() == tag.value
        };
        entry.tags().iter().any(same)
    };
    prefix && search.tag.iter().all(has)
}

/// The search in words.
fn wanted(search: &Search) -> String {
    let prefix = search.prefix.iter().map(|prefix| format!("has a name that begins with {prefix}"));
    let tags = search.tag.iter().map(|tag| format!("has the tag {}={}", tag.key, tag.value));
    prefix.chain(tags).collect::<Vec<_>>().join(" and ")
}
