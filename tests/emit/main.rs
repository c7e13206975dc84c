//! Plans for other hands: patches that are applied to templates, which are judged again.

#[path = "../lowering/support.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod lowering;
#[path = "../planned/mod.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod planned;

mod faults;
mod there;
