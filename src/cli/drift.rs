//! `pgwaudit drift` as it is typed.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use super::{FilterArgs, JudgingArgs, LiveArgs};

/// `pgwaudit drift`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub struct DriftArgs {
    /// What else to do than compare.
    #[command(subcommand)]
    pub command: Option<DriftCommand>,
    /// What was decided.
    #[command(flatten)]
    pub against: AgainstArgs,
    /// What templates are not told by themselves.
    #[command(flatten)]
    pub told: ToldArgs,
    /// Compare a file that `pgwaudit snapshot` wrote instead of what is deployed, offline
    #[arg(long, value_name = "FILE", help_heading = "Source (AWS itself unless given)")]
    pub snapshot: Option<PathBuf>,
    /// Which accounts and regions.
    #[command(flatten)]
    pub live: LiveArgs,
    /// Which integrations.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// How it is judged.
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// Ask CloudTrail who made each difference and when; what it does not tell is said, and ends in exit code 3 where no
    /// finding ends in 1
    #[arg(long, help_heading = "Output", requires = "baseline", conflicts_with = "snapshot")]
    pub blame: bool,
}

/// What the present is compared with.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
#[command(next_help_heading = "Baseline (one of these)")]
pub struct AgainstArgs {
    /// Compare with what `pgwaudit snapshot -o FILE` recorded
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Compare with CloudFormation, CDK or SAM templates: a file, a folder such as cdk.out, a pattern; several at once
    #[arg(long = "template", value_name = "PATH", value_parser = NonEmptyStringValueParser::new(), num_args = 1..)]
    pub templates: Vec<String>,
    /// Compare with the template that a stack was deployed from, and its parameters
    #[arg(long, value_name = "NAME")]
    pub stack: Option<String>,
}

/// What the templates of `pgwaudit drift --template` are not told by themselves.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Baseline (one of these)")]
pub struct ToldArgs {
    /// Values of the templates' parameters, as `aws cloudformation` takes them, instead of the stack's; repeatable
    #[arg(long, value_name = "FILE", requires = "templates", conflicts_with_all = ["baseline", "stack"])]
    pub parameters: Vec<PathBuf>,
    /// Name of the stack that the template is deployed as [default: found by name and tags]
    #[arg(long, value_name = "NAME", requires = "templates", conflicts_with_all = ["baseline", "stack"])]
    pub stack_name: Option<String>,
}

/// What `pgwaudit drift` does besides comparing.
#[derive(Debug, Subcommand)]
pub enum DriftCommand {
    /// Show what differs and take it into the baseline
    #[command(after_help = "\
Examples:
  pgwaudit drift accept --baseline prod.json
  pgwaudit drift accept --baseline prod.json --yes arn:aws:events:eu-west-1:111122223333:rule/orders/order-placed")]
    Accept(Box<AcceptArgs>),
}

/// `pgwaudit drift accept`.
#[derive(Debug, Args)]
pub struct AcceptArgs {
    /// Only these resources, by ARN, id or name
    #[arg(value_name = "RESOURCE")]
    pub resources: Vec<String>,
    /// The baseline, which is written anew, whole or not at all
    #[arg(long, value_name = "FILE")]
    pub baseline: PathBuf,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Take what a file says that `pgwaudit snapshot` wrote instead of what is deployed, offline
    #[arg(long, value_name = "FILE", help_heading = "Source (AWS itself unless given)")]
    pub snapshot: Option<PathBuf>,
    /// Which accounts and regions.
    #[command(flatten)]
    pub live: LiveArgs,
    /// Configuration [default: the nearest pgwaudit.toml upwards]
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    pub config: Option<PathBuf>,
    /// Say nothing but errors
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
}
