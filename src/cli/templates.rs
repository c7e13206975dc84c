//! Templates as the source of what is judged.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

/// Which templates, and what they are not told by themselves.
#[derive(Debug, Default, Args)]
pub struct TemplateArgs {
    /// Judge CloudFormation, CDK or SAM templates, offline: a file, a folder such as cdk.out, a pattern, or - for
    /// standard input; several at once
    #[arg(long = "template", value_name = "PATH", value_parser = NonEmptyStringValueParser::new(), num_args = 1..)]
    pub templates: Vec<String>,
    /// Values of the templates' parameters, as `aws cloudformation` takes them; repeatable, later ones win
    #[arg(long, value_name = "FILE", requires = "templates")]
    pub parameters: Vec<PathBuf>,
    /// Account to which the templates will be deployed; --region names the region
    #[arg(long, value_name = "ID", requires = "templates", value_parser = account)]
    pub account: Option<String>,
}

fn account(text: &str) -> Result<String, String> {
    let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.to_owned()).ok_or_else(|| "an account is twelve digits".to_owned())
}
