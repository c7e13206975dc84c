//! The command line as it is typed. What it means is settled in [`settings`](crate::settings).

pub mod filter;
pub mod fix;
pub mod templates;

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use templates::TemplateArgs;
use values::{duration, fail_on, format, format_and_file, reason, severity};

use crate::cli::filter::FilterArgs;
use crate::config::FailOn;
use crate::model::Reason;
use crate::output::Format;
use crate::rules::verdict::Severity;

mod drift;
mod values;

pub use drift::{AcceptArgs, AgainstArgs, DriftArgs, DriftCommand, ToldArgs};

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing at or above --fail-on, and everything was assessed
  1  a finding at or above --fail-on
  2  the command was misused or failed
  3  no such finding, but something was not assessed or not read";

const EXAMPLES: &str = "\
Examples:
  pgwaudit scan --demo                             judge the embedded example, without AWS
  pgwaudit scan --profile prod --region eu-west-1  judge what is deployed
  pgwaudit trace order-placed --region eu-west-1   follow one integration, hop by hop
  pgwaudit scan --template cdk.out                 judge what will be deployed, before it is
  pgwaudit snapshot -o prod.json                   save what is deployed
  pgwaudit drift --baseline prod.json              see what has changed since
  pgwaudit drift --stack orders                    see what is not as it was deployed
  pgwaudit scan --snapshot prod.json -o sarif=pgwaudit.sarif
  pgwaudit rules show connection/deauthorized";

const SCAN_EXAMPLES: &str = "\
Examples:
  pgwaudit scan --demo
  pgwaudit scan --region eu-west-1 --region us-east-1
  pgwaudit scan --assume-role arn:aws:iam::444455556666:role/audit --with-own-account
  pgwaudit scan --template cdk.out -o sarif=pgwaudit.sarif
  pgwaudit scan --template template.yaml --parameters prod.json --region eu-west-1
  pgwaudit scan --region eu-west-1 --connection payments --tag team=billing
  pgwaudit scan --snapshot prod.json --only critical,high --format json
  pgwaudit scan -o json=report.json -o sarif=report.sarif --fail-on critical
  pgwaudit scan --allow-unassessed=foreign --skip secret";

const TRACE_EXAMPLES: &str = "\
Examples:
  pgwaudit trace --demo payment-received
  pgwaudit trace --profile prod --region eu-west-1 orders/order-placed
  pgwaudit trace --snapshot prod.json orders --format json";

const DRIFT_EXAMPLES: &str = "\
Examples:
  pgwaudit snapshot -o prod.json                   record what is right …
  pgwaudit drift --baseline prod.json              … and see what has changed since
  pgwaudit drift --baseline prod.json --snapshot today.json --format json
  pgwaudit drift --template cdk.out                see what is not as the templates say
  pgwaudit drift --stack orders                    see what is not as the stack was deployed
  pgwaudit drift accept --baseline prod.json       take what has changed into the baseline";

const SNAPSHOT_EXAMPLES: &str = "\
Examples:
  pgwaudit snapshot -o prod.json
  pgwaudit snapshot --profile prod --region eu-west-1 --region us-east-1 -o prod.json";

/// Audits private API integrations on AWS: from the event rule to the private REST API, hop by hop
#[derive(Debug, Parser)]
#[command(name = "pgwaudit", version, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"), subcommand_required = true)]
#[command(disable_help_subcommand = true, arg_required_else_help = false)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge deployed integrations, templates, a snapshot, or the embedded example
    #[command(after_help = format!("{SCAN_EXAMPLES}\n\n{EXIT_CODES}"))]
    Scan(Box<ScanArgs>),
    /// Follow one integration hop by hop: what was found at each, and where it breaks
    #[command(after_help = format!("{TRACE_EXAMPLES}\n\n{EXIT_CODES}"))]
    Trace(Box<TraceArgs>),
    /// Compare what is deployed with what was decided: what has changed since
    #[command(after_help = format!("{DRIFT_EXAMPLES}\n\n{EXIT_CODES}"))]
    #[command(mut_arg("fail_on", |arg| arg.help("Exit with 1 for findings at or above, or never [default: low]")))]
    Drift(Box<DriftArgs>),
    /// Save what is deployed, to be judged later and elsewhere
    #[command(after_help = SNAPSHOT_EXAMPLES)]
    Snapshot(Box<SnapshotArgs>),
    /// Plan what can be done about findings, and do it on request, step by step
    #[command(after_help = format!("{}\n\n{}", fix::FIX_EXAMPLES, fix::FIX_EXIT_CODES))]
    Fix(Box<fix::FixArgs>),
    /// Take back what a run of `pgwaudit fix` did
    #[command(after_help = "Example:\n  pgwaudit rollback pgwaudit-journal-1a2b.jsonl")]
    Rollback(Box<fix::RollbackArgs>),
    /// List, explain and check the rules
    #[command(subcommand_required = true, disable_help_subcommand = true, arg_required_else_help = false)]
    Rules {
        /// What to do with them.
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Print the least IAM policy that a command needs
    #[command(subcommand_required = true, disable_help_subcommand = true, arg_required_else_help = false)]
    Policy {
        /// Of which command.
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  pgwaudit completions bash > ~/.local/share/bash-completion/completions/pgwaudit")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// `pgwaudit rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List all rules
    List {
        /// Form of the list
        #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = format(&[Format::Table, Format::Json]))]
        format: Format,
    },
    /// Print the document of a rule: why it matters, what fails, what to do
    #[command(after_help = "Example:\n  pgwaudit rules show connection/deauthorized")]
    Show {
        /// Name of the rule, or a former name
        name: String,
    },
    /// Run every example of the rules' documents; exit code 1 if one does not hold
    Check,
}

/// `pgwaudit policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// What `scan` and `snapshot` need: calls that only read, and denials that keep secrets out of reach
    #[command(after_help = "Example:\n  pgwaudit policy scan > pgwaudit-scan.json")]
    Scan {
        /// Partition of the account, such as aws-cn
        #[arg(long, value_name = "NAME", default_value = "aws")]
        partition: String,
    },
    /// What `drift` needs: the same, and what asks for stacks where templates or stacks are the baseline
    #[command(after_help = "Example:\n  pgwaudit policy drift --blame > pgwaudit-drift.json")]
    Drift {
        /// And what `--blame` needs
        #[arg(long)]
        blame: bool,
        /// Partition of the account, such as aws-cn
        #[arg(long, value_name = "NAME", default_value = "aws")]
        partition: String,
    },
    /// What `fix` needs beside: the calls of a plan and those that take them back, or of every plan
    #[command(after_help = "Example:\n  pgwaudit policy fix --plan plan.json")]
    Fix {
        /// Only what this plan needs
        #[arg(long, value_name = "FILE")]
        plan: Option<PathBuf>,
        /// Partition of the account, such as aws-cn
        #[arg(long, value_name = "NAME", default_value = "aws")]
        partition: String,
    },
}

/// `pgwaudit scan`.
#[derive(Debug, Default, Args)]
pub struct ScanArgs {
    /// Which state, and what of it.
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// How it is judged.
    #[command(flatten)]
    pub judging: JudgingArgs,
}

/// Which state is read, and what of it is meant.
#[derive(Debug, Default, Args)]
pub struct SubjectArgs {
    /// Where the state comes from.
    #[command(flatten)]
    pub source: SourceArgs,
    /// Which accounts and regions.
    #[command(flatten)]
    pub live: LiveArgs,
    /// Which integrations.
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// By what it is judged, and what becomes of that.
#[derive(Debug, Default, Args)]
pub struct JudgingArgs {
    /// What is judged.
    #[command(flatten)]
    pub rules: RuleArgs,
    /// What is written.
    #[command(flatten)]
    pub output: OutputArgs,
    /// What makes it fail.
    #[command(flatten)]
    pub exit: ExitArgs,
}

/// `pgwaudit trace`.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// Name or ARN of an API destination, event rule, state machine or pipe, or the id of an integration
    #[arg(value_name = "DESTINATION|RULE|STATE-MACHINE")]
    pub name: String,
    /// Which state, and what of it.
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// Configuration [default: the nearest pgwaudit.toml upwards]
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    pub config: Option<PathBuf>,
    /// Form of what goes to standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = format(&[Format::Table, Format::Json]))]
    #[arg(help_heading = "Output")]
    pub format: Format,
}

/// `pgwaudit snapshot`.
#[derive(Debug, Args)]
pub struct SnapshotArgs {
    /// Which accounts and regions.
    #[command(flatten)]
    pub live: LiveArgs,
    /// Which integrations.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Where to write it, whole or not at all
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: PathBuf,
    /// Say nothing but errors
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
}

/// Sources other than AWS itself.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Source (AWS itself unless given)")]
pub struct SourceArgs {
    /// Judge a file that `pgwaudit snapshot` wrote, offline
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// Judge the embedded example, offline; always exits 0
    #[arg(long)]
    pub demo: bool,
    /// Templates.
    #[command(flatten)]
    pub templates: TemplateArgs,
}

/// Which accounts and regions are read, and how gently.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "AWS")]
pub struct LiveArgs {
    /// Profile of the AWS configuration; else AWS_PROFILE and the default credential chain
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Region to read, or of a snapshot to judge, repeatable, or of templates; else the environment's or the profile's
    #[arg(long = "region", value_name = "REGION", value_delimiter = ',')]
    pub regions: Vec<String>,
    /// Read every region that is enabled for the account and has VPC Lattice
    #[arg(long, conflicts_with = "regions")]
    pub all_regions: bool,
    /// Endpoint of every service, for AWS-compatible servers; AWS_ENDPOINT_URL* work as well
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Role to read another account through, repeatable
    #[arg(long = "assume-role", value_name = "ARN")]
    pub assume_roles: Vec<String>,
    /// External id that the roles ask for
    #[arg(long, value_name = "ID", requires = "assume_roles")]
    pub external_id: Option<String>,
    /// Session name with the roles [default: pgwaudit]
    #[arg(long, value_name = "NAME", requires = "assume_roles")]
    pub session_name: Option<String>,
    /// Read the caller's own account as well as those of the roles
    #[arg(long, requires = "assume_roles")]
    pub with_own_account: bool,
    /// Most calls of a service in a second; 0 lifts the limits that AWS publishes
    #[arg(long, value_name = "N")]
    pub max_rate: Option<u32>,
    /// Most calls of a service under way at once [default: 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub concurrency: Option<u16>,
    /// Time for all reading, such as 90s or 5m; what was not read by then is not assessed
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<std::time::Duration>,
    /// Log calls to standard error, with -vv also what they wait for, with -vvv every page; never what is in them
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// What is judged.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
pub struct RuleArgs {
    /// Run these only: names of rules, areas or severities
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Do not run these: names of rules, areas or severities
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Configuration [default: the nearest pgwaudit.toml upwards]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What is written.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Form of what goes to standard output [default: table]
    #[arg(long, value_name = "FORMAT", value_parser = format(&Format::ALL))]
    pub format: Option<Format>,
    /// Write a file as well, whole or not at all; repeatable
    #[arg(short = 'o', long = "output", value_name = "FORMAT=FILE", value_parser = format_and_file)]
    pub files: Vec<(Format, PathBuf)>,
    /// File of the repository at which SARIF places what is deployed [default: pgwaudit.toml]
    #[arg(long, value_name = "FILE")]
    pub sarif_anchor: Option<String>,
    /// Templates or cdk.out folders that declare what is deployed: findings stand at their lines; repeatable
    #[arg(long = "source", value_name = "PATH", value_parser = NonEmptyStringValueParser::new())]
    pub sources: Vec<String>,
    /// Show no findings below in tables, annotations and Markdown [default: info]
    #[arg(long, value_name = "LEVEL", value_parser = severity())]
    pub min_severity: Option<Severity>,
    /// Show only what is wrong, and nothing but errors on standard error
    #[arg(short, long)]
    pub quiet: bool,
}

/// What makes a scan fail.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Exit code")]
pub struct ExitArgs {
    /// Exit with 1 for findings at or above, or never [default: high]
    #[arg(long, value_name = "LEVEL|never", value_parser = fail_on)]
    pub fail_on: Option<FailOn>,
    /// Do not exit with 3 for what was not assessed, for these reasons or for any
    #[arg(long, value_name = "REASON,…", value_delimiter = ',', num_args = 0..=1, require_equals = true, value_parser = reason())]
    #[arg(default_missing_values = Reason::ALL.map(Reason::name))]
    pub allow_unassessed: Option<Vec<Reason>>,
    /// Exit with 3 if there is no private API integration at all
    #[arg(long)]
    pub require_integration: bool,
    /// Report only findings that this file does not record, and say which of it are gone
    #[arg(long, value_name = "FILE", help_heading = "Only what is new")]
    pub known: Option<PathBuf>,
    /// Record the findings in this file, whole or not at all; they do not end in exit code 1
    #[arg(long, value_name = "FILE", help_heading = "Only what is new")]
    pub write_known: Option<PathBuf>,
}

impl LiveArgs {
    /// The flags that were given and make sense for AWS only.
    pub fn given(&self) -> Vec<&'static str> {
        let given = [
            ("--profile", self.profile.is_some()),
            ("--all-regions", self.all_regions),
            ("--endpoint-url", self.endpoint_url.is_some()),
            ("--assume-role", !self.assume_roles.is_empty()),
            ("--max-rate", self.max_rate.is_some()),
            ("--concurrency", self.concurrency.is_some()),
            ("--timeout", self.timeout.is_some()),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn reasons_are_all_or_those_named() {
        let allowed = |args: &[&str]| match Cli::try_parse_from(["pgwaudit", "scan"].iter().chain(args)) {
            Ok(Cli { command: Command::Scan(scan) }) => scan.judging.exit.allow_unassessed,
            other => panic!("{other:?}"),
        };
        assert_eq!(allowed(&[]), None);
        assert_eq!(allowed(&["--allow-unassessed"]), Some(Reason::ALL.to_vec()));
        assert_eq!(allowed(&["--allow-unassessed=foreign,denied"]), Some(vec![Reason::Foreign, Reason::Denied]));
        assert_eq!(allowed(&["--allow-unassessed", "--demo"]), Some(Reason::ALL.to_vec()));
    }
}
