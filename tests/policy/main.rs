//! The policy evaluator against tables worked out from the AWS documentation. Every table names
//! the page that its expectations come from.

mod absent;
mod audience;
mod documents;
mod explain;
mod gateway;
mod hostile;
mod identity;
mod operators;
mod perimeter;
mod principals;
mod properties;
mod resources;
mod services;
mod support;
mod survey;
mod values;
mod variables;
