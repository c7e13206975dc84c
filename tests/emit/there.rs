//! There: template, plan, patches, applied; and judged again: what was cured is gone, and nothing new is found.
#![expect(clippy::print_stderr, reason = "a test that leaves cases out says so")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use pgwaudit::fix::document::Plan;
use pgwaudit::fix::emit::cloudformation::{Document, Homes, document};
use pgwaudit::fix::owner::{ByTags, Ownership};
use pgwaudit::fix::plan::{Request, plan};
use pgwaudit::model::Snapshot;
use pgwaudit::rules::parameters::Parameters;
use pgwaudit::rules::verdict::FixClass;
use pgwaudit::source::cloudformation::{Assembly, Stack, Templates, parse};
use serde_json::{Value, json};

use crate::faults::{self, Fault};
use crate::lowering;
use crate::planned::judge;

fn stack(name: &str, template: &Value) -> Stack {
    let file = PathBuf::from(format!("{name}.json"));
    let template = parse(&file, template.to_string().as_bytes()).expect("a template");
    let (folder, parameters) = (PathBuf::new(), Default::default());
    Stack { name: name.to_owned(), template, file, parameters, account: None, region: None, folder, parent: None, written: None }
}

fn templates(stacks: Vec<Stack>) -> Templates {
    Templates::of(Assembly { stacks, ..Assembly::default() })
}

/// A plan for everything that is found.
fn planned(snapshot: &Snapshot) -> Plan {
    let request = Request {
        judge: &mut judge,
        parameters: Parameters::default(),
        select: &|_| true,
        allow: &[FixClass::Safe, FixClass::Guarded, FixClass::Recreate],
        allow_managed: true,
        owners: &ByTags,
        max_changes: None,
        baseline: None,
        secret: None,
    };
    plan(snapshot.clone(), request).expect("a plan")
}

fn emitted(templates: &Templates) -> (Plan, Document) {
    let plan = planned(&templates.snapshot);
    let homes = Homes {
        templates,
        has_lines: true,
        unread: &Default::default(),
        twin: &|resource| Some(resource.clone()),
        owner: &|_| Ownership::Free,
        names: Vec::new(),
    };
    let document = document(&plan, &homes);
    (plan, document)
}

/// What is found, by rule and fingerprint.
fn found(templates: &Templates) -> BTreeSet<(String, String)> {
    judge(&templates.snapshot).findings.iter().map(|finding| (finding.rule.to_owned(), finding.fingerprint.clone())).collect()
}

/// Applies the patches of all fixes to the stacks, in order.
fn applied(before: &[Stack], document: &Document) -> Vec<Stack> {
    let mut texts: Vec<Value> = before.iter().map(|stack| stack.template.to_json()).collect();
    for resource in document.fixes.iter().flat_map(|fix| &fix.resources) {
        let index = before.iter().position(|stack| stack.name == resource.stack).expect("the stack");
        let patch: json_patch::Patch = serde_json::from_value(json!(resource.patch)).expect("a patch");
        json_patch::patch(&mut texts[index], &patch).unwrap_or_else(|wrong| panic!("{}: {wrong}: {patch}", resource.logical_id));
    }
    before
        .iter()
        .zip(texts)
        .map(|(old, text)| Stack {
            template: parse(&old.file.with_extension("json"), text.to_string().as_bytes()).expect("a template"),
            ..old.clone()
        })
        .collect()
}

/// Findings that a fix may reveal, because they lay behind what was broken.
fn revealed(plan: &Plan) -> BTreeSet<&String> {
    plan.fixes.iter().flat_map(|fix| &fix.reveals).collect()
}

/// What is wrong with a round trip; nothing where all is as it should be.
fn wrong(name: &str, stacks: Vec<Stack>) -> Vec<String> {
    let before = templates(stacks);
    let (plan, document) = emitted(&before);
    let after = templates(applied(&before.assembly.stacks, &document));
    let (old, new) = (found(&before), found(&after));
    let mut wrong = Vec::new();
    for fix in document.fixes.iter().filter(|fix| !fix.resources.is_empty()) {
        let left = fix.cures.iter().filter(|cure| new.iter().any(|(_, print)| *print == cure.fingerprint));
        wrong.extend(left.map(|cure| format!("{name}: {} is still found after {:#}", cure.rule, json!(fix.resources))));
    }
    let revealed = revealed(&plan);
    wrong.extend(
        new.difference(&old)
            .filter(|(_, print)| !revealed.contains(print))
            .map(|(rule, _)| format!("{name}: {rule} is new after {:#}", json!(document.fixes))),
    );
    wrong
}

#[test]
fn each_fault_of_a_template_goes_by_its_patch_and_nothing_comes() {
    let mut bad = Vec::new();
    for Fault { name, rule, change, left } in faults::all() {
        let mut template = faults::healthy();
        json_patch::merge(&mut template, &change);
        let before = templates(vec![stack("orders", &template)]);
        let (plan, document) = emitted(&before);
        let fix = document.fixes.iter().find(|fix| fix.cures.iter().any(|cure| cure.rule == rule));
        match fix {
            None => bad.push(format!(
                "{name}: no fix cures {rule}; found {:?}; manual {:?}",
                found(&before),
                plan.manual.iter().map(|item| (&item.finding.rule, &item.why)).collect::<Vec<_>>()
            )),
            Some(fix) => {
                let reasons: Vec<&str> = fix.not_expressed.iter().map(|left| left.reason.as_str()).collect();
                if !reasons.iter().all(|reason| left.iter().any(|part| reason.contains(part))) || reasons.is_empty() != left.is_empty() {
                    bad.push(format!("{name}: left out: {reasons:#?}"));
                }
            }
        }
        bad.extend(wrong(name, vec![stack("orders", &template)]));
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn no_patch_holds_a_stand_in() {
    for Fault { name, change, .. } in faults::all() {
        let mut template = faults::healthy();
        json_patch::merge(&mut template, &change);
        let (_, document) = emitted(&templates(vec![stack("orders", &template)]));
        let added: Vec<&Value> = document
            .fixes
            .iter()
            .flat_map(|fix| &fix.resources)
            .flat_map(|own| &own.patch)
            .filter(|operation| operation["op"] != "test")
            .collect();
        let text = json!(added).to_string();
        for part in ["000000000000", "us-east-1", "vpce-0", "sg-0", "rcfg-0", "rgw-0", "$new-", "$plan", "masked-"] {
            assert!(!text.contains(part), "{name}: {part} in {text:#}");
        }
    }
}

#[test]
fn the_templates_of_the_corpus_are_cured_as_well() {
    let Some(folder) = std::env::var_os("PGWAUDIT_CORPUS").map(PathBuf::from) else {
        eprintln!("left out: the cases of the corpus, because PGWAUDIT_CORPUS does not name its folder");
        return;
    };
    let cases = std::fs::read_to_string(folder.join("CASES.tsv")).expect("the table of cases");
    let (mut bad, mut patched) = (Vec::new(), 0);
    for path in cases.lines().filter(|line| line.starts_with("cdk/")).filter_map(|line| line.split('\t').next()) {
        let path = folder.join(path);
        let files = if path.is_file() {
            vec![path.clone()]
        } else {
            std::fs::read_dir(&path).expect("a folder").flatten().map(|file| file.path()).collect()
        };
        let file = files.into_iter().find(|file| path.is_file() || file.to_string_lossy().ends_with(".template.json")).expect("a template");
        let stacks = vec![lowering::stack(&file)];
        patched += emitted(&templates(stacks.clone())).1.fixes.iter().filter(|fix| !fix.resources.is_empty()).count();
        bad.extend(wrong(&path.display().to_string(), stacks));
    }
    assert!(bad.is_empty() && patched > 10, "{patched} {}", bad.join("\n"));
}
