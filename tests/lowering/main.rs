//! Templates through the resolver and the lowering into findings.

mod corpus;
mod support;
