//! The program as people call it: good and bad command lines, files and pipes. No network.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use clap::CommandFactory;
use pgwaudit::cli::Cli;
use pgwaudit::rules::{RULES, example};
use serde_json::{Value, json};

/// A directory of its own to run in.
struct Place(tempfile::TempDir);

struct Done {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path(name), text).expect("written");
        self
    }

    /// A snapshot of the healthy estate, changed.
    fn snapshot(&self, name: &str, change: &Value) -> &Self {
        let mut estate = example::estate("default").expect("an estate");
        example::patch(&mut estate, change).expect("patched");
        self.write(name, estate.to_string())
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
        command.args(args).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Done {
        self.command(args).output().expect("it runs").into()
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Done {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Done { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

fn run(args: &[&str]) -> Done {
    Place::new().run(args)
}

fn json_of(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", done.stdout, done.stderr))
}

/// Exit code 2, nothing on standard output, at most two lines that hold all `parts`.
fn refused(done: &Done, parts: &[&str]) {
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{}", done.stderr);
    let lines = done.stderr.lines().count();
    assert!((1..=2).contains(&lines) && done.stderr.starts_with("error: "), "{}", done.stderr);
    for part in parts {
        assert!(done.stderr.contains(part), "{part} in: {}", done.stderr);
    }
    assert!(!done.stderr.contains("panicked") && !done.stderr.contains('\u{1b}'), "{}", done.stderr);
}

#[test]
fn the_help_of_every_command() {
    fn of(command: &clap::Command, path: &[String], help: &mut Vec<String>) {
        let mut args: Vec<&str> = path.iter().map(String::as_str).collect();
        args.push("--help");
        let done = run(&args);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
        help.push(format!("$ pgwaudit {}\n{}", args.join(" "), done.stdout));
        for sub in command.get_subcommands() {
            of(sub, &[path, &[sub.get_name().to_owned()]].concat(), help);
        }
    }
    let mut help = Vec::new();
    of(&Cli::command(), &[], &mut help);
    assert_eq!(help.len(), 17);
    insta::assert_snapshot!("help", help.join("\n"));
}

#[test]
fn misuse_is_told_in_two_lines() {
    for (args, parts) in [
        (vec![], vec!["requires a subcommand", "`pgwaudit --help`"]),
        (vec!["scna"], vec!["'scna'", "'scan'"]),
        (vec!["rules"], vec!["requires a subcommand", "`pgwaudit rules --help`"]),
        (vec!["scan", "--demo", "--frmat", "json"], vec!["'--frmat'", "'--format'"]),
        (vec!["scan", "--demo", "--format", "xml"], vec!["'xml'", "table, json, sarif"]),
        (vec!["scan", "--demo", "-o", "xml=report"], vec!["unknown format `xml`"]),
        (vec!["scan", "--demo", "-o", "report.json"], vec!["FORMAT=FILE"]),
        (vec!["scan", "--demo", "--fail-on", "hihg"], vec!["unknown level `hihg`, did you mean `high`?"]),
        (vec!["scan", "--demo", "--min-severity", "hihg"], vec!["'hihg'", "high"]),
        (vec!["scan", "--demo", "--allow-unassessed=forein"], vec!["'forein'", "foreign"]),
        (vec!["scan", "--timeout", "soon"], vec!["`soon` is no time"]),
        (vec!["scan", "--concurrency", "0"], vec!["0"]),
        (vec!["scan", "--all-regions", "--region", "eu-west-1"], vec!["--all-regions", "--region"]),
        (vec!["scan", "--external-id", "x"], vec!["--assume-role"]),
        (vec!["scan", "--demo", "--only", "conection"], vec!["--only: no rule, area or severity `conection`, did you mean `connection`?"]),
        (vec!["scan", "--demo", "--only", "connection", "--skip", "connection"], vec!["no rule is left"]),
        (vec!["scan", "--demo", "--sarif-anchor", "/etc/passwd"], vec!["--sarif-anchor: `/etc/passwd`"]),
        (vec!["scan", "--demo", "--config", "none.toml"], vec!["none.toml: no such file", "--config"]),
        (vec!["rules", "show", "connection/deauthorised"], vec!["did you mean `connection/deauthorized`?"]),
        (vec!["rules", "show", "domain"], vec!["`domain` is an area", "domain/not-found, domain/no-access-association"]),
        (vec!["rules", "list", "--format", "sarif"], vec!["'sarif'", "table, json", "`pgwaudit rules list --help`"]),
        (vec!["scan", "--template", ""], vec!["--template", "`pgwaudit scan --help`"]),
        (vec!["completions", "tcsh"], vec!["'tcsh'", "bash"]),
        (vec!["snapshot"], vec!["--output"]),
    ] {
        refused(&run(&args), &parts);
    }
}

#[test]
fn sources_exclude_each_other() {
    for (args, parts) in [
        (vec!["--snapshot", "a.json", "--demo"], ["--snapshot", "--demo"]),
        (vec!["--snapshot", "a.json", "--profile", "p"], ["--snapshot", "--profile"]),
        (vec!["--snapshot", "a.json", "--assume-role", "r"], ["--snapshot", "--assume-role"]),
        (vec!["--demo", "--endpoint-url", "u"], ["--demo", "--endpoint-url"]),
        (vec!["--demo", "--region", "eu-west-1"], ["--demo", "--region"]),
    ] {
        refused(&run(&[&["scan"], args.as_slice()].concat()), &[parts[0], parts[1], "exclude each other"]);
    }
}

#[test]
fn files_that_are_no_snapshots_are_refused_with_their_place() {
    let whole = example::estate("default").expect("an estate").to_string();
    let place = Place::new();
    place.write("hello.json", "hello\n").write("empty.json", "").write("cut.json", &whole[..whole.len() / 2]);
    place.write("newer.json", whole.replace("snapshot/1", "snapshot/7")).write("report.json", "{\"schema\": \"pgwaudit.report/1\"}");
    place.write("typo.json", whole.replacen("\"gateways\"", "\"gatways\"", 1)).write("utf16.json", b"\xff\xfe{\0}\0");
    for (file, parts) in [
        ("hello.json", ["hello.json:1:1: not JSON", "pgwaudit snapshot"]),
        ("empty.json", ["empty.json:1:1: the file is empty", "pgwaudit snapshot"]),
        ("cut.json", ["the file ends too early", "again"]),
        ("newer.json", ["a snapshot of version 7", "update pgwaudit"]),
        ("report.json", ["`pgwaudit.report/1` is not a snapshot", "pgwaudit snapshot"]),
        ("typo.json", ["unknown field `gatways`, did you mean `gateways`?", "typo.json:1:"]),
        ("utf16.json", ["UTF-16", "UTF-8"]),
        ("none.json", ["none.json: no such file", "pgwaudit snapshot"]),
        (".", ["is a directory", "name the file"]),
    ] {
        refused(&place.run(&["scan", "--snapshot", file]), &parts);
    }
    place.write("bom.json", format!("\u{feff}{whole}"));
    assert_eq!(place.run(&["scan", "--snapshot", "bom.json"]).code, Some(0));
}

#[test]
fn a_healthy_snapshot_exits_0_and_a_broken_one_1() {
    let place = Place::new();
    place.snapshot("healthy.json", &json!({})).snapshot("broken.json", &json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}}));
    let healthy = place.run(&["scan", "--snapshot", "healthy.json", "--format", "json"]);
    assert_eq!((healthy.code, json_of(&healthy)["exit_code"].clone()), (Some(0), json!(0)), "{}", healthy.stdout);
    let broken = place.run(&["scan", "--snapshot", "broken.json", "--format", "json"]);
    let report = json_of(&broken);
    assert_eq!((broken.code, &report["exit_code"], &report["source"]["file"]), (Some(1), &json!(1), &json!("broken.json")));
    assert!(report["findings"].as_array().is_some_and(|all| all.iter().any(|one| one["rule"] == "connection/deauthorized")), "{report}");
    assert_eq!(place.run(&["scan", "--snapshot", "broken.json", "--fail-on", "never"]).code, Some(0));
    assert_eq!(place.run(&["scan", "--snapshot", "broken.json", "--skip", "connection"]).code, Some(0));
    assert_eq!(place.run(&["scan", "--snapshot", "broken.json", "--only", "connection/deauthorized"]).code, Some(1));
}

#[test]
fn what_was_not_assessed_exits_3_unless_it_is_allowed() {
    let place = Place::new();
    let gap =
        json!({"$unknown": {"call": "events:ListConnections", "reason": "denied", "why": "no permission for events:ListConnections"}});
    place.snapshot("gap.json", &json!({"connections": gap}));
    let scan = |more: &[&str]| place.run(&[&["scan", "--snapshot", "gap.json"], more].concat());
    let plain = scan(&[]);
    assert_eq!(plain.code, Some(3), "{}", plain.stdout);
    assert!(plain.stdout.contains("not assessed") && plain.stdout.contains("no permission for events:ListConnections"), "{}", plain.stdout);
    assert_eq!(scan(&["--allow-unassessed"]).code, Some(0));
    assert_eq!(scan(&["--allow-unassessed=denied,foreign"]).code, Some(0));
    assert_eq!(scan(&["--allow-unassessed=foreign"]).code, Some(3));
    assert!(scan(&["--allow-unassessed", "-q"]).stdout.contains("not assessed"));
}

#[test]
fn nothing_in_scope_is_said_on_standard_error() {
    let place = Place::new();
    place.snapshot("none.json", &json!({"rules": {"order-placed": null}}));
    let done = place.run(&["scan", "--snapshot", "none.json"]);
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    let none = "no private API integration in 111122223333 eu-west-1: 1 connection, 1 API destination";
    assert_eq!(done.stderr, format!("{none}, nothing calls through what is private of them\n"));
    place.snapshot("public.json", &json!({"rules": {"order-placed": null}, "connections": {"orders": {"connectivity": null}}}));
    assert_eq!(place.run(&["scan", "--snapshot", "public.json"]).stderr, format!("{none}, all public\n"));
    assert_eq!(place.run(&["scan", "--snapshot", "none.json", "-q"]).stderr, "");
    let gap = json!({"$unknown": {"call": "events:ListConnections", "reason": "denied", "why": "no permission"}});
    place.snapshot("unread.json", &json!({"rules": {"order-placed": null}, "connections": gap}));
    let unread = place.run(&["scan", "--snapshot", "unread.json", "--only", "target/role-missing"]);
    assert!(unread.stderr.ends_with(": unread connections, 1 API destination, not everything was read\n"), "{}", unread.stderr);
    assert_eq!(place.run(&["scan", "--snapshot", "none.json", "--require-integration"]).code, Some(3));
}

#[test]
fn regions_filter_a_snapshot() {
    let place = Place::new();
    place.snapshot("one.json", &json!({}));
    assert_eq!(place.run(&["scan", "--snapshot", "one.json", "--region", "eu-west-1"]).code, Some(0));
    refused(
        &place.run(&["scan", "--snapshot", "one.json", "--region", "eu-west-9"]),
        &["one.json: holds no region `eu-west-9`", "it holds eu-west-1"],
    );
}

#[test]
fn the_example_exits_0_and_says_what_it_is() {
    let done = run(&["scan", "--demo"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert!(done.stdout.lines().next().is_some_and(|line| line.contains("embedded example")), "{}", done.stdout);
    assert_eq!(done.stdout.lines().last(), Some("The example exits 0. A real scan with this result would exit with 1."));
    assert!(!done.stdout.contains('\u{1b}'));
    let report = json_of(&run(&["scan", "--demo", "--format", "json"]));
    assert_eq!((&report["source"]["kind"], &report["scopes"][0]["account"]), (&json!("demo"), &json!("111122223333")));
    let verdicts: Vec<_> = report["integrations"].as_array().expect("some").iter().map(|one| one["verdict"].as_str()).collect();
    assert!(verdicts.contains(&Some("broken")) && verdicts.contains(&Some("healthy")), "{verdicts:?}");
    assert_eq!(report["not_assessed"], json!([]));
}

#[test]
fn formats_go_to_files_and_to_standard_output_at_once() {
    let place = Place::new();
    let done = place.run(&["scan", "--demo", "-o", "json=report.json", "-o", "sarif=report.sarif", "-o", "table=report.txt"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let read = |name: &str| fs::read_to_string(place.path(name)).expect(name);
    let (json, sarif): (Value, Value) =
        (serde_json::from_str(&read("report.json")).expect("JSON"), serde_json::from_str(&read("report.sarif")).expect("JSON"));
    let findings = json["findings"].as_array().map(Vec::len);
    assert!(findings > Some(0));
    assert_eq!(findings, sarif["runs"][0]["results"].as_array().map(Vec::len));
    assert_eq!(read("report.txt"), done.stdout);
    assert_eq!(fs::read_dir(place.0.path()).expect("a directory").count(), 3);
}

#[test]
fn what_cannot_be_written_is_named_and_nothing_is_left() {
    let place = Place::new();
    refused(
        &place.run(&["scan", "--demo", "-o", "json=a.json", "-o", "sarif=no/such/b.sarif"]),
        &["no/such/b.sarif: cannot be written", "directory"],
    );
    refused(&place.run(&["scan", "--demo", "-o", "json=."]), &["is a directory"]);
    assert_eq!(fs::read_dir(place.0.path()).expect("a directory").count(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn pipes_and_devices_are_written_to_in_place() {
    let piped = run(&["scan", "--demo", "--format", "table", "-o", "json=/dev/stderr"]);
    assert_eq!(piped.code, Some(0), "{}", piped.stderr);
    assert!(serde_json::from_str::<Value>(&piped.stderr).is_ok(), "{}", piped.stderr);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let done: Done = Place::new().command(&["rules", "list"]).stdout(full).output().expect("it runs").into();
    refused(&done, &["standard output: No space left"]);
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::io::Read;
    let place = Place::new();
    let mut child =
        place.command(&["scan", "--demo", "--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("UTF-8");
    assert_eq!((child.wait().expect("it ends").code(), said.as_str()), (Some(0), ""));
}

#[test]
fn the_configuration_is_found_upwards_and_obeyed() {
    let place = Place::new();
    place.snapshot("broken.json", &json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}}));
    fs::create_dir(place.path("deep")).expect("a directory");
    let scan = |place: &Place| {
        let done: Done = place
            .command(&["scan", "--snapshot", "../broken.json", "--format", "json"])
            .current_dir(place.path("deep"))
            .output()
            .expect("it runs")
            .into();
        (done.code, done)
    };
    assert_eq!(scan(&place).0, Some(1));
    place.write("pgwaudit.toml", "[rules]\n\"connection/deauthorized\" = \"low\"\n");
    let (code, done) = scan(&place);
    let report = json_of(&done);
    assert_eq!((code, &report["findings"][0]["severity"], &report["counts"]["low"]), (Some(0), &json!("low"), &json!(1)));
    place.write("pgwaudit.toml", "[[suppress]]\nrule = \"connection\"\nresource = \"*:connection/orders/*\"\nreason = \"being moved\"\n\n[[suppress]]\nrule = \"target\"\nresource = \"*\"\nreason = \"old\"\nuntil = 2020-01-01\n");
    let (code, done) = scan(&place);
    let report = json_of(&done);
    assert_eq!((code, &report["counts"]["suppressed"], &report["suppressed"][0]["reason"]), (Some(0), &json!(1), &json!("being moved")));
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("pgwaudit.toml:6:1: this suppression expired after 2020-01-01: old"), "{warnings}");
    place.write("pgwaudit.toml", "[rules]\n\"connection/deauthorised\" = \"low\"\n");
    refused(&scan(&place).1, &["pgwaudit.toml:2:1: ", "did you mean `connection/deauthorized`?"]);
    place.write("pgwaudit.toml", "[[suppress]]\nrule = \"connection\"\nresource = \"*\"\n");
    refused(&scan(&place).1, &["pgwaudit.toml:1:1: this suppression has no reason"]);
}

#[test]
fn every_shell_gets_its_completions() {
    for (shell, part) in [
        ("bash", "_pgwaudit()"),
        ("elvish", "edit:completion"),
        ("fish", "complete -c pgwaudit"),
        ("powershell", "Register-ArgumentCompleter"),
        ("zsh", "#compdef pgwaudit"),
    ] {
        let done = run(&["completions", shell]);
        assert_eq!(done.code, Some(0));
        assert!(done.stdout.contains(part) && done.stdout.contains("sarif-anchor"), "{shell}");
    }
}

#[test]
fn rules_are_listed_shown_and_checked() {
    let listed = json_of(&run(&["rules", "list", "--format", "json"]));
    let rules = listed["rules"].as_array().expect("a list");
    assert_eq!(
        rules.iter().map(|rule| rule["id"].as_str().expect("an id")).collect::<Vec<_>>(),
        RULES.iter().map(|rule| rule.id).collect::<Vec<_>>()
    );
    for rule in rules {
        let fields: Vec<_> = rule.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(fields, ["fix", "id", "severity", "subject", "title"]);
        assert!(rule["fix"].is_null() || rule["fix"]["class"].is_string(), "{rule}");
    }
    let table = run(&["rules", "list"]);
    assert!(RULES.iter().all(|rule| table.stdout.contains(rule.id)), "{}", table.stdout);
    assert!(table.stdout.lines().all(|line| line.chars().count() <= 120));
    for rule in &RULES {
        let shown = run(&["rules", "show", rule.id]);
        assert!(
            shown.code == Some(0) && shown.stdout.contains(rule.document().title) && shown.stdout.contains("## Remediation"),
            "{}",
            rule.id
        );
    }
    let checked = run(&["rules", "check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.stdout);
    assert!(checked.stdout.contains(&format!("{} rules, ", RULES.len())));
}

#[test]
fn the_version_is_the_packages() {
    assert_eq!(run(&["--version"]).stdout, format!("pgwaudit {}\n", env!("CARGO_PKG_VERSION")));
}

#[cfg(not(feature = "live"))]
#[test]
fn without_the_feature_live_accounts_cannot_be_read() {
    for args in [&["scan"][..], &["snapshot", "-o", "s.json"]] {
        let place = Place::new();
        refused(&place.run(args), &["built without support for AWS accounts", "feature `live`"]);
        assert!(!place.path("s.json").exists());
    }
}
