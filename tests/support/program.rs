//! The program under test, with an environment in which it finds the test server and nothing else.

use super::process::scrub;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// What a run of the program said, and how it ended.
#[derive(Debug, Clone)]
pub struct Run {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code; -1 where a signal ended it.
    pub code: i32,
}

impl Run {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|wrong| panic!("no JSON ({wrong}), exit {}\n{}\n{}", self.code, self.stdout, self.stderr))
    }
}

/// The program with these arguments: the account is the access key, the home directory is empty.
pub fn command(url: &str, account: &str, region: &str, args: &[&str]) -> Command {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("home");
    std::fs::create_dir_all(&home).expect("an empty home directory");
    let nothing = home.join("no-such-file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
    scrub(&mut command);
    command
        .args(args)
        .current_dir(&home)
        .env("HOME", &home)
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", account)
        .env("AWS_SECRET_ACCESS_KEY", "unused")
        .env("AWS_REGION", region)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", &nothing)
        .env("AWS_SHARED_CREDENTIALS_FILE", &nothing);
    command
}

/// Runs it to its end, with further environment variables.
pub fn run(url: &str, account: &str, region: &str, args: &[&str], env: &[(&str, &str)]) -> Run {
    let done = command(url, account, region, args).envs(env.iter().copied()).output();
    let done = done.unwrap_or_else(|wrong| panic!("cannot start pgwaudit: {wrong}"));
    Run {
        stdout: String::from_utf8_lossy(&done.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&done.stderr).into_owned(),
        code: done.status.code().unwrap_or(-1),
    }
}
