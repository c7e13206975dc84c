//! The rules: one row each in [`RULES`], a document in `rules/<area>/<name>.md` and a function.

use std::sync::OnceLock;

pub mod document;
pub mod verdict;

use document::Document;

/// A rule: its public name, its document and its check.
pub struct Rule {
    /// `area/name`, the document's place.
    pub id: &'static str,
    text: &'static str,
    parsed: OnceLock<Document>,
}

impl Rule {
    /// A row of the table.
    pub const fn new(id: &'static str, text: &'static str) -> Self {
        Rule { id, text, parsed: OnceLock::new() }
    }

    /// Its document.
    pub fn document(&self) -> &Document {
        self.parsed.get_or_init(|| Document::parse(self.text).unwrap_or_else(|why| panic!("rules/{}.md: {why}", self.id)))
    }

    /// Its document as it was written.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// The part of the name before the slash.
    pub fn area(&self) -> &'static str {
        self.id.split('/').next().unwrap_or(self.id)
    }
}
