use super::*;

fn plan() -> Plan {
    let mut plan = Plan {
        schema: super::super::document::SCHEMA.to_owned(),
        id: String::new(),
        version: "0".to_owned(),
        taken_at: Timestamp::UNIX_EPOCH,
        scopes: Vec::new(),
        baseline: None,
        fixes: Vec::new(),
        manual: Vec::new(),
    };
    plan.id = plan.digest();
    plan
}

fn written(directory: &Path) -> PathBuf {
    let path = directory.join("journal.jsonl");
    let mut journal = Journal::create(&path, plan(), BTreeSet::from(["f".to_owned()])).expect("created");
    journal.write(Event::Begin { step: 1 }).expect("written");
    journal.write(Event::Done { step: 1, id: Some("rgw-1".to_owned()), found: false }).expect("written");
    path
}

#[test]
fn it_is_read_as_it_was_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = written(directory.path());
    let journal = Journal::open(&path).expect("opened");
    assert_eq!(journal.ids().get("$new-1").map(String::as_str), Some("rgw-1"));
    assert_eq!(journal.steps.get(&1), Some(&Progress::Done));
    assert_eq!((journal.plan, journal.baseline), (plan(), BTreeSet::from(["f".to_owned()])));
}

#[test]
fn a_torn_last_line_was_not_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = written(directory.path());
    let text = std::fs::read_to_string(&path).expect("there");
    for cut in [1, 20] {
        std::fs::write(&path, &text[..text.len() - cut]).expect("written");
        let mut journal = Journal::open(&path).expect("opened");
        assert_eq!(journal.steps.get(&1), Some(&Progress::Begun), "{cut}");
        journal.write(Event::Failed { step: 1, why: "x".to_owned(), unclear: false }).expect("written");
        drop(journal);
        assert_eq!(Journal::open(&path).expect("whole again").steps.get(&1), Some(&Progress::Open));
    }
}

#[test]
fn what_may_have_been_made_is_not_open_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.jsonl");
    let mut journal = Journal::create(&path, plan(), BTreeSet::new()).expect("created");
    for (step, unclear) in [(1, true), (2, false)] {
        journal.write(Event::Begin { step }).expect("written");
        journal.write(Event::Failed { step, why: "x".to_owned(), unclear }).expect("written");
    }
    drop(journal);
    let journal = Journal::open(&path).expect("opened");
    assert_eq!((journal.steps.get(&1), journal.steps.get(&2)), (Some(&Progress::Begun), Some(&Progress::Open)));
}

#[test]
fn an_edited_line_is_refused_with_its_number() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = written(directory.path());
    let text = std::fs::read_to_string(&path).expect("there");
    std::fs::write(&path, text.replace("rgw-1", "rgw-2")).expect("written");
    let error = Journal::open(&path).err().expect("refused").to_string();
    assert!(error.contains("journal.jsonl:3: the journal was edited"), "{error}");
    let lines: Vec<&str> = text.lines().collect();
    std::fs::write(&path, format!("{}\n{}\n", lines[0], lines[2])).expect("written");
    assert!(Journal::open(&path).err().expect("refused").to_string().contains("edited"));
}

#[test]
fn a_second_run_is_kept_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = written(directory.path());
    let error = Journal::create(&path, plan(), BTreeSet::new()).err().expect("refused").to_string();
    assert!(error.contains("exists already") && error.contains("--resume"), "{error}");
    let _held = Journal::open(&path).expect("opened");
    assert!(Journal::open(&path).err().expect("refused").to_string().contains("another run"));
}
