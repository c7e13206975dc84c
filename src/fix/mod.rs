//! Remediation: a plan first, then step by step, each journalled, verified, and taken back on request.
//!
//! ```text
//! Snapshot ─▶ plan (pure) ─▶ Plan ─▶ apply::Run(Cloud, Journal) ─▶ judged again ─▶ verified, or rollback
//! ```
//!
//! | module | is about |
//! |---|---|
//! | `step`, `document` | the data: [`Call`](step::Call), [`Change`](step::Change), [`Step`](step::Step), [`Fix`](document::Fix), [`Plan`](document::Plan) |
//! | `plan` | one planner a rule, and for drift one writer a field; each draft is tried on the snapshot before it is proposed |
//! | `standard` | by what a state is judged: the rules, or a baseline |
//! | `state` | a snapshot that changes can be tried on; what counts as the same |
//! | `secret` | where a secret is read from; its value is never part of the data |
//! | `apply`, `rollback`, `journal` | the run, over the trait [`Cloud`](apply::Cloud) |
//! | `owner` | what owns a resource: by tags, by the stacks of the account |
//! | `emit` | a plan as a script of the AWS CLI, or as patches of templates |
//! | `cloud` | the same over the AWS SDK (feature `live`): one arm for each operation |
//!
//! # How a fix is added
//!
//! 1. Write a planner in `plan/<area>.rs`: `fn(&Case, Draft) -> Drafted`. It looks at the estate, adds steps with
//!    [`Draft::step`](plan::Draft::step), or leaves the finding to people with [`manual`](plan::manual). `?` on a hop or a
//!    [`Known`](crate::model::Known) does so for what is not known.
//! 2. Each step has one call under AWS's own names and every field of the model that it changes, before and after
//!    ([`Step::change`](step::Step::change)). These changes are at once the diff, the precondition, the trial and what is
//!    read back, so they must be what the source reads. What merely follows, such as a state, goes under
//!    [`Step::assume`](step::Step::assume).
//! 3. Its undo are calls as well. What is made has an id only later: [`Step::makes`](step::Step::makes) says where the
//!    answer has it, and `$new-N` ([`Case::token`](plan::Case::token)) stands for it everywhere in the plan, in keys, in
//!    pointers, in ARNs, in parameters of this and later steps and in the undo. What is made carries the plan's id
//!    ([`PLAN`](journal::PLAN)) in its description or tags, so that it is found again after a crash.
//!    What needs a secret says `$secret-FIELD` where it belongs ([`Call::with_secret`](step::Call::with_secret)); the
//!    reference comes from [`Case::secret`](plan::Case::secret), and the value is put in when the call is sent.
//! 4. Add the row to `plan/table.rs`, and for a new operation an arm in `cloud/<service>.rs` (with `find` for creations
//!    whose id cannot be known), its reading in `source/live/again.rs` for a new collection, and its permission in
//!    `permissions`.
//! 5. For a new field, say in `emit::fields` how a template writes it, where the lowering's tables do not; for something new
//!    that is made, its properties in `emit::made`; and add a fault of a template to `tests/emit/faults.rs`.
//! 6. `cargo test --no-default-features --test fix_plan --test fix_safe` runs it on every failing example of its rule, and
//!    asks network and policies before and after each safe step.
//! 7. Make its fault in `tests/fix/cases`: a test there wants one for each rule, and takes it there and back.
//!
//! A way back from drift is a row in `plan/drift/table.rs`: the field, and the writer of the call that sets it. Tests ask
//! for a change of each row, in `tests/drift/back.rs` on a snapshot and in `tests/drift_live/back.rs` against a server.
//!
//! The class is the rule's; [`Draft::at_least`](plan::Draft::at_least) makes a draft more careful, and a step that rests on
//! something that AWS does not document ([`Step::unconfirmed`](step::Step::unconfirmed)) is never safe.

pub mod apply;
#[cfg(feature = "live")]
pub mod cloud;
pub(crate) mod command;
pub mod document;
pub mod emit;
pub mod journal;
pub mod owner;
pub mod permissions;
pub mod plan;
mod rollback;
pub mod saved;
pub mod secret;
pub mod show;
mod standard;
pub mod state;
pub mod step;
