//! `pgwaudit fix` and `pgwaudit rollback` as they are typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::{LiveArgs, SubjectArgs};
use crate::rules::verdict::FixClass;

/// How `pgwaudit fix` exits.
pub const FIX_EXIT_CODES: &str = "\
Exit codes:
  0  nothing to do, or all steps were made and verified
  1  steps or manual items remain; always after a plan that was only printed and has any
  2  the plan is stale, a step failed, or the command was misused
  3  all steps were made, but something could not be read to verify them";

/// Examples of `pgwaudit fix`.
pub const FIX_EXAMPLES: &str = "\
Examples:
  pgwaudit fix --region eu-west-1                        show the plan, change nothing
  pgwaudit fix --plan-out plan.json --allow guarded      save it for review
  pgwaudit fix --plan plan.json --apply                  make it, after a question
  pgwaudit fix --only network --apply --yes              make what is safe, without one
  pgwaudit fix --emit cloudformation --source cdk.out    print it as patches of the templates
  pgwaudit fix --integration orders/order-placed --allow recreate --secret-from env:ORDERS_KEY --apply
  pgwaudit fix --drift --baseline prod.json --allow guarded --apply
  pgwaudit fix --resume pgwaudit-journal-1a2b.jsonl      go on after a crash
  pgwaudit rollback pgwaudit-journal-1a2b.jsonl          take everything back";

/// `pgwaudit fix`.
#[derive(Debug, Args)]
pub struct FixArgs {
    /// Which state, and what of it.
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// What is planned.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// What is changed.
    #[command(flatten)]
    pub apply: ApplyArgs,
}

/// What is planned.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Plan")]
pub struct PlanArgs {
    /// Set back what differs from a baseline instead of what a scan finds
    #[arg(long, requires = "baseline", conflicts_with_all = ["plan", "resume", "demo"])]
    pub drift: bool,
    /// What was decided: what `pgwaudit snapshot -o FILE` recorded
    #[arg(long, value_name = "FILE", requires = "drift")]
    pub baseline: Option<PathBuf>,
    /// Plan for these only: rules, areas, severities, or ids or ARNs of resources
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Plan for this integration only: its id, or the name or ARN of its event rule, state machine or API destination
    #[arg(long, value_name = "ID")]
    pub integration: Option<String>,
    /// Leave these alone: rules, areas, severities, or ids or ARNs of resources
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Classes of changes that may be made; each stands for those before it as well
    #[arg(long, value_name = "CLASS,…", value_delimiter = ',', default_value = "safe", value_parser = class())]
    pub allow: Vec<FixClass>,
    /// Where the secret of a connection is read from that has to be made or authorized again: env:NAME, file:PATH or
    /// secretsmanager:ARN. Plain text for an API key, else JSON with the fields that the plan names
    #[arg(long, value_name = "WHERE", conflicts_with_all = ["plan", "resume"])]
    pub secret_from: Option<String>,
    /// Change what CloudFormation, the CDK or Terraform owns as well
    #[arg(long)]
    pub allow_managed: bool,
    /// Most steps
    #[arg(long, value_name = "N")]
    pub max_changes: Option<usize>,
    /// Save the plan
    #[arg(long, value_name = "FILE", conflicts_with_all = ["plan", "resume"])]
    pub plan_out: Option<PathBuf>,
    /// Take a saved plan instead of making one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["FilterArgs", "only", "skip", "integration", "allow_managed", "max_changes", "snapshot", "demo"])]
    pub plan: Option<PathBuf>,
    /// Print the plan for other hands instead, those fixes included that would be withheld
    #[arg(long, value_name = "FORM", conflicts_with_all = ["apply", "resume", "format"])]
    pub emit: Option<Emit>,
    /// Templates or cdk.out folders that declare what is deployed: patches are made of them, with lines; repeatable
    #[arg(long = "source", value_name = "PATH", value_parser = NonEmptyStringValueParser::new(), requires = "emit")]
    pub sources: Vec<String>,
    /// Configuration [default: the nearest pgwaudit.toml upwards]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Form of what goes to standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: PlanFormat,
}

/// What is changed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Apply")]
pub struct ApplyArgs {
    /// Make the plan
    #[arg(long)]
    pub apply: bool,
    /// Do not ask before
    #[arg(long, requires = "apply")]
    pub yes: bool,
    /// Where to write what is done [default: pgwaudit-journal-PLAN.jsonl]
    #[arg(long, value_name = "FILE", requires = "apply")]
    pub journal: Option<PathBuf>,
    /// Go on with a run that was interrupted
    #[arg(long, value_name = "JOURNAL", conflicts_with_all = ["FilterArgs", "apply", "plan", "snapshot", "demo"])]
    pub resume: Option<PathBuf>,
    /// Take everything back if the run has to stop
    #[arg(long)]
    pub rollback_on_failure: bool,
    /// Longest time to wait until AWS has carried a change out, such as 90s or 5m [default: up to 30m, by the step]
    #[arg(long, value_name = "TIME", value_parser = super::values::duration)]
    pub wait_timeout: Option<Duration>,
}

/// `pgwaudit rollback`.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The journal of the run
    pub journal: PathBuf,
    /// Which accounts and regions.
    #[command(flatten)]
    pub live: LiveArgs,
    /// Do not ask before
    #[arg(long)]
    pub yes: bool,
    /// Longest time to wait until AWS has carried a change out, such as 90s or 5m [default: 20m for each step]
    #[arg(long, value_name = "TIME", value_parser = super::values::duration)]
    pub wait_timeout: Option<Duration>,
}

/// The forms of a plan on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people.
    Text,
    /// The plan itself, `pgwaudit.plan/1`.
    Json,
}

/// What a plan can be printed as for other hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    /// A script of the AWS CLI.
    Cli,
    /// Patches (RFC 6902) of the CloudFormation templates that own what is changed, in JSON.
    Cloudformation,
}

fn class() -> impl TypedValueParser<Value = FixClass> {
    let named = |name: String| match name.as_str() {
        "guarded" => FixClass::Guarded,
        "recreate" => FixClass::Recreate,
        _ => FixClass::Safe,
    };
    PossibleValuesParser::new(["safe", "guarded", "recreate"]).map(named)
}
