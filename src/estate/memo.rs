//! Answers that are the same for many integrations, worked out when the first one asks.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::Unknown;
use crate::policy::Context;
use crate::rules::verdict::Leave;
use foldhash::HashMap;

use super::configs::ByGateway;

/// Answers by what they depend on.
pub struct Memo<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Memo(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Memo<K, V> {
    /// The answer for `key`; `work_out` runs at most once for each, unless two ask at the same time.
    pub fn get(&self, key: K, work_out: impl FnOnce() -> V) -> V {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        known.unwrap_or_else(|| {
            let answer = work_out();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, answer.clone());
            answer
        })
    }
}

/// What rules remember from one integration to the next. Keys are addresses of parts of the snapshot.
#[derive(Default)]
pub struct Answers {
    /// Whether a policy lets EventBridge in whichever rule it acts for: by policy document and account.
    pub any_rule: Memo<(usize, usize), bool>,
    /// Why a role may not invoke an API destination, if it may not: by role and destination.
    pub invoke: Memo<(usize, usize), Result<Option<String>, Leave>>,
    /// Whether a deployment has just what is saved: by its summary and the saved resources.
    pub deployed: Memo<(usize, usize), Result<bool, Unknown>>,
    /// What is known of calls: by gateway, endpoint, and the account and the region of the API.
    pub(super) contexts: Memo<(usize, usize, usize, usize), Arc<Context>>,
    /// Who has which gateway: by the region's inventory.
    pub(super) configs: Memo<usize, Arc<ByGateway>>,
}
