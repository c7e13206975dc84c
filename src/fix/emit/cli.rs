//! A plan as a script of the AWS CLI, for those who change things by other hands.

use std::io::{self, Write};

use serde_json::Value;

use super::super::document::{Fix, Plan};
use super::super::journal::PLAN;
use super::super::secret::{Reference, SECRET, fields};
use super::super::state::resolve;
use super::super::step::{Call, NEW, Step};
use super::wait;
use crate::arn::Arn;
use crate::output::class_name;
use crate::output::text::clean;

/// Writes a script of every fix of a plan, those that are withheld included; what is left to people stands in comments.
///
/// # Errors
/// What `out` answers.
pub fn write(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "#!/usr/bin/env bash\n# Plan {} of pgwaudit {}, on the state of {}", plan.id, plan.version, plan.taken_at)?;
    writeln!(out, "# Nothing here checks that the state is still the same. Needs the AWS CLI 2 and jq.\nset -euo pipefail")?;
    writeln!(out, "export AWS_PAGER=''")?;
    if plan.fixes.iter().flat_map(|fix| &fix.steps).any(|step| step.wait.is_some()) {
        write!(out, "{}", wait::FUNCTION)?;
    }
    for fix in &plan.fixes {
        write_fix(plan, fix, out)?;
    }
    for item in &plan.manual {
        writeln!(out, "\n# by hand: {} on {}: {}", item.finding.rule, clean(&item.finding.resource.id), clean(&item.why))?;
    }
    Ok(())
}

fn write_fix(plan: &Plan, fix: &Fix, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<&str> = fix.cures.iter().map(|cure| cure.rule.as_str()).collect();
    writeln!(out, "\n# {}: {}", class_name(fix.class), names.join(", "))?;
    for step in &fix.steps {
        writeln!(out, "# step {}: {}", step.id, clean(&step.title))?;
        for note in step.notes.iter().chain(&step.unconfirmed) {
            writeln!(out, "#   {}", clean(note))?;
        }
        writeln!(out, "{}", command(plan, step))?;
        if let Some(wait) = &step.wait {
            writeln!(out, "{}", wait::line(wait))?;
        }
    }
    Ok(())
}

/// The command of a step. What it makes is kept in a variable for the steps that need it.
fn command(plan: &Plan, step: &Step) -> String {
    let ids = std::collections::BTreeMap::from([(PLAN.to_owned(), plan.id.clone())]);
    let call = Call { parameters: resolve(&step.call.parameters, &ids), ..step.call.clone() };
    if call.operation == "PutTargets" {
        return put_targets(&call, &step.region);
    }
    let mut parameters = call.parameters.clone();
    let secret = call.secret.as_ref().and_then(|secret| Some((secret, parameters.as_object_mut()?.remove(SECRET_PART)?)));
    let line = format!("aws {} {} --region {} --cli-input-json {}", call.service, kebab(&call.operation), step.region, quoted(&parameters));
    let line = match secret {
        // The AWS CLI reads what `--cli-input-json` names twice, and a pipe gives it once: https://github.com/aws/aws-cli/pull/3209
        Some((secret, part)) => format!("{} | {line} --{} file:///dev/stdin", with_secret(&part, secret), kebab(SECRET_PART)),
        None => line,
    };
    match step.makes.as_deref().map(|pointer| id_of(&call, pointer)) {
        Some(id) => format!("new_{}=$({line} | jq -r {})", step.id, quote(&id)),
        None => line,
    }
}

/// The parameter of a call that holds its secret.
const SECRET_PART: &str = "AuthParameters";

/// Where a command's answer has the id of what it makes, for jq. EventBridge answers with an ARN that ends in it.
fn id_of(call: &Call, pointer: &str) -> String {
    match call.operation.as_str() {
        "CreateConnection" => ".ConnectionArn | split(\"/\") | last".to_owned(),
        "CreateApiDestination" => ".ApiDestinationArn | split(\"/\") | last".to_owned(),
        _ => format!(".{}", pointer.trim_start_matches('/').replace('/', ".")),
    }
}

/// A command that prints parameters with the secret in them; it passes through variables and pipes, never through the
/// arguments of a program, which others may list.
fn with_secret(parameters: &Value, secret: &Reference) -> String {
    let value = match secret {
        Reference::Env(name) => format!("\"${name}\""),
        Reference::File(path) => format!("\"$(cat {})\"", quote(path)),
        Reference::Manager(arn) => {
            let region = Arn::parse(arn).map_or("", |arn| arn.region);
            let get = format!("aws secretsmanager get-secret-value --region {region} --secret-id {}", quote(arn));
            format!("\"$({get} --query SecretString --output text)\"")
        }
    };
    let field = "def secret($name): (env.SECRET | fromjson? // null) as $json | \
                 if ($json | type) == \"object\" then $json[$name] // error(\"the secret has no \" + $name) else env.SECRET end; ";
    let mut text = quoted(parameters);
    for name in fields(parameters) {
        text = text.replace(&format!("\"{SECRET}{name}\""), &format!("secret(\"{name}\")"));
    }
    format!("SECRET={value} jq -n '{field}{}", text.trim_start_matches('\''))
}

/// The call replaces a target whole, so that it is read first and only what changes is put in; one that is gone is put
/// with all that it had.
fn put_targets(call: &Call, region: &str) -> String {
    let p = |name: &str| quote(call.parameters[name].as_str().unwrap_or_default());
    let (rule, bus) = (p("Rule"), p("EventBusName"));
    let patches = quoted(&call.parameters["Targets"]);
    let merge = "def merge($p): if ($p|type) == \"object\" then reduce ($p|to_entries[]) as $e ((if type == \"object\" then . else {} end); \
                 if $e.value == null then del(.[$e.key]) else .[$e.key] |= merge($e.value) end) else $p end; \
                 [.Targets as $all | $patches[] as $p | first(($all[] | select(.Id == $p.Id)), {Id: $p.Id}) | merge($p)]";
    format!(
        "targets=$(aws events list-targets-by-rule --region {region} --rule {rule} --event-bus-name {bus} | jq --argjson patches {patches} {})\n\
         aws events put-targets --region {region} --rule {rule} --event-bus-name {bus} --targets \"$targets\" | jq -e '.FailedEntryCount == 0'",
        quote(merge)
    )
}

/// `PutTargets` as `put-targets`.
fn kebab(operation: &str) -> String {
    let mut text = String::new();
    for (index, letter) in operation.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// JSON for a shell: what a step makes is put in where its placeholder stands.
fn quoted(value: &Value) -> String {
    quoted_text(&value.to_string())
}

/// The same for a text.
pub fn quoted_text(text: &str) -> String {
    let text = quote(text);
    let mut parts = text.split(NEW);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        format!("{text}'\"${{new_{digits}}}\"'{}", &part[digits.len()..])
    })
}

/// A text in single quotes.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_and_values_are_what_a_shell_takes() {
        assert_eq!(kebab("AuthorizeSecurityGroupEgress"), "authorize-security-group-egress");
        assert_eq!(quoted(&json!({"a": "it's"})), r#"'{"a":"it'\''s"}'"#);
        assert_eq!(quoted(&json!({"id": "$new-12"})), r#"'{"id":"'"${new_12}"'"}'"#);
    }

    #[test]
    fn a_secret_is_read_where_it_is_and_is_no_argument() {
        let parameters = json!({"Name": "it's", "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyValue": "$secret-api_key_value"}}});
        let line = |secret: &str| with_secret(&parameters, &secret.parse().expect("a reference"));
        let program = r#"{"AuthParameters":{"ApiKeyAuthParameters":{"ApiKeyValue":secret("api_key_value")}},"Name":"it'\''s"}'"#;
        assert!(
            line("env:KEY").starts_with("SECRET=\"$KEY\" jq -n 'def secret($name)") && line("env:KEY").ends_with(program),
            "{}",
            line("env:KEY")
        );
        assert!(line("file:/run/it's").starts_with(r#"SECRET="$(cat '/run/it'\''s')" jq"#), "{}", line("file:/run/it's"));
        let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:key";
        let get = format!("SECRET=\"$(aws secretsmanager get-secret-value --region eu-west-1 --secret-id '{arn}' --query SecretString");
        assert!(line(&format!("secretsmanager:{arn}")).starts_with(&get));
    }
}
