//! The command: parse, run, say what went wrong, exit.

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use pgwaudit::cli::Cli;
use pgwaudit::{output, run};

fn main() -> ExitCode {
    let done = match Cli::try_parse() {
        Ok(cli) => run::run(cli).map_err(|error| error.to_string()),
        Err(error) if !error.use_stderr() => {
            output::to_stdout(|out| write!(out, "{}", error.render().ansi())).map(|()| 0).map_err(|error| error.to_string())
        }
        Err(error) => Err(misuse(&error)),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(what) => {
            let red = anstyle::AnsiColor::Red.on_default().bold();
            // Nobody can be told that standard error is gone.
            let _ = writeln!(anstream::stderr().lock(), "{red}error:{red:#} {what}");
            ExitCode::from(2)
        }
    }
}

/// What is wrong with the command line, in one line, and what to do, in another.
fn misuse(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let mut parts = text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    let what = parts.next().unwrap_or_default();
    let tip = parts.find_map(|part| part.strip_prefix("tip: ").map(str::to_owned));
    format!("{}\n  {}", what.trim_start_matches("error: "), tip.unwrap_or_else(|| format!("see `{} --help`", command())))
}

/// The command that was typed, as far as there is one.
fn command() -> String {
    let mut known = Cli::command();
    let mut typed = known.get_name().to_owned();
    for word in std::env::args_os().skip(1) {
        let Some(sub) = known.find_subcommand(&word).cloned() else { break };
        typed = format!("{typed} {}", sub.get_name());
        known = sub;
    }
    typed
}
