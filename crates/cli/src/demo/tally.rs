//! What it all came to.

use serde_json::json;

use super::page::Page;
use super::stage::Stage;
use super::verdict::Verdict;
use crate::output::table;

/// Every verdict, in order.
#[derive(Debug, Default)]
pub(super) struct Tally(Vec<Verdict>);

impl Tally {
    pub(super) fn add(&mut self, verdict: Verdict) {
        self.0.push(verdict);
    }

    /// How many requests were made of the gateway.
    pub(super) fn requests(&self) -> usize {
        self.0.len()
    }

    fn allowed(&self) -> usize {
        self.0.iter().filter(|verdict| verdict.is_allowed()).count()
    }

    fn unexpected(&self) -> usize {
        self.0.iter().filter(|verdict| !verdict.is_expected()).count()
    }

    /// Says what it came to, and how many things were not as expected. What the API saw is part of
    /// it: each request that was let through, and nothing else.
    pub(super) fn say(&self, stage: &Stage, page: &Page) -> usize {
        let seen = stage.sample.seen();
        let leaks = seen.iter().filter(|seen| !seen.leaked.is_empty()).count();
        let strays = seen.len().abs_diff(self.allowed());
        let failed = self.unexpected() + leaks + strays;
        let value = json!({
            "event": "summary", "requests": self.requests(), "allowed": self.allowed(),
            "refused": self.requests() - self.allowed(), "unexpected": self.unexpected(),
            "seen_by_api": seen.len(), "credentials_leaked": leaks,
            "ok": failed == 0,
        });
        page.section("Summary", "");
        page.value(&value, || {
            format!("{}\n\n{}", indent(&self.by_caller()), self.words(seen.len(), leaks))
        });
        failed
    }

    fn by_caller(&self) -> String {
        let mut callers: Vec<&str> = Vec::new();
        for verdict in &self.0 {
            if !callers.contains(&verdict.caller) {
                callers.push(verdict.caller);
            }
        }
        let row = |caller: &str| {
            let own: Vec<_> = self.0.iter().filter(|it| it.caller == caller).collect();
            let allowed = own.iter().filter(|it| it.is_allowed()).count();
            let expected = own.iter().filter(|it| it.is_expected()).count();
            let as_expected = format!("{expected} of {}", own.len());
            vec![
                caller.to_owned(),
                format!("{allowed:>11}"),
                format!("{:>7}", own.len() - allowed),
                format!("{as_expected:>11}"),
            ]
        };
        let rows: Vec<Vec<String>> = callers.into_iter().map(row).collect();
        table(&["", "let through", "refused", "as expected"], &rows)
    }

    fn words(&self, seen: usize, leaks: usize) -> String {
        let (requests, allowed) = (self.requests(), self.allowed());
        let refused = requests - allowed;
        let verdicts = match self.unexpected() {
            0 => "every verdict was the expected one".to_owned(),
            1 => "ONE VERDICT WAS NOT THE EXPECTED ONE".to_owned(),
            count => format!("{count} VERDICTS WERE NOT THE EXPECTED ONES"),
        };
        let proofs = match leaks {
            0 => "none of them with a credential or signature".to_owned(),
            _ => format!("{leaks} OF THEM WITH A CREDENTIAL"),
        };
        format!(
            "  {requests} requests: {allowed} let through, {refused} refused; {verdicts}.\n  \
             The API saw {seen} requests, {proofs}."
        )
    }
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
