//! What must stay quiet: setups that tools like this one have called wrong and that are not.

mod entries;
mod judge;
