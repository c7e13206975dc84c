//! pgwaudit.
