//! The stack that makes a scan ask everything, and what a scan said of it: what a fault may change of that, and
//! what not.

use super::{Run, Scope};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// The account that `everything` shares with (`tests/backend/pgwbackend/everything.py`).
const OTHER: &str = "444455556666";

impl Scope<'_> {
    /// Makes the stack `everything`, one of whose associations failed; each value that AWS shows in clear has
    /// `word` in it.
    pub fn everything(&self, word: &str) -> Value {
        let ids = self.build("everything", json!({"canary": word}));
        let failed = json!({"status": "CREATE_FAILED", "failureCode": "NO_ADDRESS", "failureReason": "no address is left"});
        self.plant("association", ids["basic_association"].as_str().expect("an id"), failed);
        self.accept_shares();
        ids
    }

    /// Accepts what is offered to the account that `everything` shares with.
    fn accept_shares(&self) {
        let other = self.clone().account(OTHER);
        let all = other.call("ram", "get_resource_share_invitations", json!({})).expect("a list");
        let invitations = all["resourceShareInvitations"].as_array().expect("a list");
        let ours = |invitation: &&Value| invitation["senderAccountId"] == self.account.as_str() && invitation["status"] == "PENDING";
        for invitation in invitations.iter().filter(ours) {
            let params = json!({"resourceShareInvitationArn": invitation["resourceShareInvitationArn"]});
            other.call("ram", "accept_resource_share_invitation", params).expect("accepted");
        }
    }

    /// Scans with no limit of our own; findings do not decide about the exit code.
    pub fn said(&self, args: &[&str]) -> Said {
        let always = ["scan", "--format", "json", "--max-rate", "0", "--fail-on", "never"];
        let before = Instant::now();
        let run = self.pgwaudit(&always.iter().chain(args).copied().collect::<Vec<_>>());
        let took = before.elapsed();
        assert!(!run.stderr.contains("panicked") && (0..=3).contains(&run.code), "exit {}: {}", run.code, run.stderr);
        Said { took, report: serde_json::from_str(&run.stdout).unwrap_or_default(), run }
    }
}

/// What a scan said.
pub struct Said {
    /// Output and exit code.
    pub run: Run,
    /// The report; `null` where there is none.
    pub report: Value,
    /// How long it took.
    pub took: Duration,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Said {
    fn list(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.report[name].as_array().into_iter().flatten()
    }

    /// Rule and resource of each finding.
    pub fn findings(&self) -> BTreeSet<(String, String)> {
        self.list("findings").map(|finding| (text(&finding["rule"]), text(&finding["resource"]["id"]))).collect()
    }

    /// Rules that could not decide everywhere.
    pub fn undecided(&self) -> BTreeSet<String> {
        self.list("not_assessed").map(|gap| text(&gap["rule"])).collect()
    }

    /// Calls that ended so, as `PREFIX:Operation`.
    pub fn calls(&self, outcome: &str) -> BTreeSet<String> {
        let calls = self.report["coverage"]["calls"].as_array().into_iter().flatten();
        calls
            .filter(|call| call["outcome"] == outcome)
            .map(|call| format!("{}:{}", text(&call["service"]), text(&call["operation"])))
            .collect()
    }

    fn verdicts(&self) -> BTreeMap<String, String> {
        self.list("integrations").map(|integration| (text(&integration["id"]), text(&integration["verdict"]))).collect()
    }

    /// Everything that does not differ from one run to the next.
    pub fn lasting(&self) -> Value {
        let mut report = self.report.clone();
        for passing in ["taken_at", "coverage"] {
            report.as_object_mut().expect("a report").remove(passing);
        }
        report
    }

    /// What is wrong with this when a call was not answered, beside what was said when all were.
    pub fn wrongs(&self, whole: &Said) -> Vec<String> {
        let mut wrongs = self.unfounded(whole);
        if self.run.code != 3 || self.report["coverage"]["complete"] != false {
            wrongs.push(format!("exit {}: {}", self.run.code, self.run.stderr));
        }
        wrongs
    }

    /// What is said here without being known, beside what was said when all was read.
    pub fn unfounded(&self, whole: &Said) -> Vec<String> {
        let (found, undecided, before) = (self.findings(), self.undecided(), whole.findings());
        let new = found.difference(&before).map(|(rule, id)| format!("{rule} is newly found on {id}"));
        let lost = before.difference(&found).filter(|(rule, _)| !undecided.contains(rule));
        let lost = lost.map(|(rule, id)| format!("{rule} is lost on {id} and not said to be undecided"));
        let healthy = whole.verdicts();
        let cleared =
            self.verdicts().into_iter().filter(|(id, verdict)| verdict == "healthy" && healthy.get(id).is_none_or(|was| was != verdict));
        let cleared = cleared.map(|(id, _)| format!("{id} is called healthy"));
        new.chain(lost).chain(cleared).collect()
    }
}
