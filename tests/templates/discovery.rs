//! What is named, what is found, and what is neither.

use pgwaudit::source::cloudformation::{Inputs, Templates};
use serde_json::json;

use crate::support::{Folder, TEMPLATE, manifest, names, text};

#[test]
fn files_are_taken_as_they_are_named() {
    let folder = Folder::of(&[("orders.yaml", TEMPLATE), ("b/shop.template.json", r#"{"Resources": {}}"#)]);
    let assembly = folder.read(&["orders.yaml", "b/shop.template.json", "orders.yaml"]).expect("templates");
    assert_eq!((names(&assembly), assembly.skipped), (vec!["orders", "shop"], 0));
    assert_eq!(assembly.stacks[1].folder, folder.path("b"));
    let bus = assembly.stacks[0].template.get("Resources").and_then(|resources| resources.get("Bus"));
    assert_eq!(bus.and_then(|bus| bus.get("Type")).and_then(|kind| kind.text()), Some("AWS::Events::EventBus"));
}

#[test]
fn what_is_named_and_is_no_template_is_an_error() {
    let folder = Folder::of(&[
        ("package.json", "{}"),
        ("list.yaml", "- a\n"),
        ("empty.yaml", ""),
        ("broken.json", "{\n  \"Resources\": {\n}"),
        ("two.yaml", "Resources: {}\n---\nResources: {}\n"),
        ("untyped.yaml", "Resources:\n  A: {Type: X}\n  B:\n    Properties: {}\n"),
        ("properties.yaml", "Resources:\n  A: {Type: X, Properties: [a]}\n"),
        ("number.yaml", "Resources:\n  A: 5\n"),
        ("misspelt.yaml", "Resources:\n  A:\n    Typ: AWS::Events::Rule\n"),
        ("none/a.txt", "x"),
        ("only/package.json", "{}"),
    ]);
    for (path, expected) in [
        ("package.json", "~/package.json: not a template: it has no `Resources`"),
        ("list.yaml", "~/list.yaml: not a template: it has no `Resources`"),
        ("empty.yaml", "~/empty.yaml:1:1: the text is empty"),
        ("broken.json", "~/broken.json:3:2: expected `,` or `}`, but the text ends"),
        ("two.yaml", "~/two.yaml:2:1: a second document begins; one is expected"),
        ("untyped.yaml", "~/untyped.yaml:3:3: the resource B has no `Type`"),
        ("properties.yaml", "~/properties.yaml:2:28: the `Properties` of the resource A are no map"),
        ("number.yaml", "~/number.yaml:2:3: the resource A has no `Type`"),
        ("misspelt.yaml", "~/misspelt.yaml:3:5: the resource A has `Typ`, did you mean `Type`?"),
        ("missing.yaml", "~/missing.yaml: no such file or folder"),
        ("none", "~/none: there is no template"),
        ("only", "~/only: there is no template"),
        ("*.txt", "~/*.txt: there is no template"),
        ("only/*.json", "~/only/*.json: there is no template"),
        ("[.yaml", "--template ~/[.yaml: not a pattern"),
    ] {
        let error = folder.read(&[path]).map(|_| ()).expect_err(path);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn folders_and_patterns_leave_out_and_count_what_is_no_template() {
    let folder = Folder::of(&[
        ("a/orders.yaml", TEMPLATE),
        ("a/b/shop.template", TEMPLATE),
        ("a/values.yaml", "x: {{ .Values.x }}\n"),
        ("a/package.json", "{\"name\": \"x\"}"),
        ("a/pod.yaml", "kind: Pod\n---\nkind: Pod\n"),
        ("a/README.md", TEMPLATE),
        ("a/.github/x.yaml", TEMPLATE),
        ("a/node_modules/x/x.yaml", TEMPLATE),
    ]);
    let assembly = folder.read(&["a"]).expect("templates");
    assert_eq!((names(&assembly), assembly.skipped), (vec!["shop", "orders"], 3));
    let assembly = folder.read(&["a/*.yaml"]).expect("templates");
    assert_eq!((names(&assembly), assembly.skipped), (vec!["orders"], 2));
    let assembly = folder.read(&["**/*.{yaml,template}"]).expect("templates");
    assert_eq!((names(&assembly), assembly.skipped), (vec!["shop", "orders"], 2));
}

#[test]
fn a_broken_template_in_a_folder_is_no_file_to_leave_out() {
    let folder = Folder::of(&[("a/orders.yaml", TEMPLATE), ("a/shop.yaml", "Resources:\n  Bus:\n    Type: AWS::Events::EventBus\n   x\n")]);
    let error = folder.read(&["a"]).map(|_| ()).expect_err("broken");
    assert!(error.starts_with("~/a/shop.yaml:4:"), "{error}");
}

#[test]
fn all_that_is_broken_is_told_at_once() {
    let broken = "Resources:\n  Bus:\n    Type: AWS::Events::EventBus\n   x\n";
    let looped = |collection: &str| {
        format!(
            "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::L: [X, {collection}, {{'Q${{X}}': {{Type: AWS::SQS::Queue}}}}]\n"
        )
    };
    let folder = Folder::of(&[
        ("a/one.yaml", broken),
        ("a/orders.yaml", TEMPLATE),
        ("a/b/two.json", r#"{"Resources": {"A": {"Type": "AWS::SQS::Queue"}"#),
        ("a/c/three.yaml", "Resources:\n  A: {Type: AWS::SQS::Queue}\n  B: {Typ: AWS::SQS::Queue}\n"),
        ("l/one.yaml", &looped("[a, a]")),
        ("l/two.yaml", &looped("5")),
        ("l/three.yaml", TEMPLATE),
        (
            "n/nest.yaml",
            "Resources:\n  N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner/broken.yaml}}\n  M: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner/broken.yaml}}\n",
        ),
        ("n/inner/broken.yaml", broken),
    ]);
    let said = |paths: &[&str]| folder.read(paths).map(|_| ()).expect_err("broken").lines().map(str::to_owned).collect::<Vec<_>>();
    let starts = |said: &[String], starts: &[&str]| {
        assert!(said.len() == starts.len() && said.iter().zip(starts).all(|(line, start)| line.starts_with(start)), "{said:#?}");
    };
    let hint = "    a template is one JSON or YAML document; correct it at this place";
    let (two, three) = ("  ~/a/b/two.json:1:48: expected `,` or `}`", "  ~/a/c/three.yaml:3:7: the resource B has `Typ`, did you mean");
    for paths in [&["a"][..], &["a/**/*.*"]] {
        let third = "    write Type: AWS::SERVICE::KIND, without";
        starts(&said(paths), &["3 files cannot be judged", two, hint, three, third, "  ~/a/one.yaml:4:", hint]);
    }
    let named = said(&["a/one.yaml", "a/b/two.json", "missing.yaml"]);
    starts(
        &named,
        &["3 files cannot be judged", "  ~/a/one.yaml:4:", two, hint, "  ~/missing.yaml: no such file", "    name a file, a folder"],
    );
    let loops = said(&["l"]);
    starts(
        &loops,
        &[
            "2 files cannot be judged",
            "  ~/l/one.yaml:3:32: Fn::ForEach::L makes",
            "    put the",
            "  ~/l/two.yaml:3:23: Fn::ForEach::L",
            "    write",
        ],
    );
    assert_eq!(said(&["n/nest.yaml"]).len(), 2, "what two stacks nest is told once");
}

#[test]
fn files_in_other_encodings_and_line_ends_are_read() {
    let folder = Folder::of(&[]);
    let utf16 = |bytes: fn(u16) -> [u8; 2]| format!("\u{feff}{TEMPLATE}").encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    folder.put("le.yaml", utf16(u16::to_le_bytes));
    folder.put("be.yaml", utf16(u16::to_be_bytes));
    folder.put("bom.yaml", format!("\u{feff}{TEMPLATE}"));
    folder.put("crlf.yaml", TEMPLATE.replace('\n', "\r\n"));
    let assembly = folder.read(&["le.yaml", "be.yaml", "bom.yaml", "crlf.yaml"]).expect("templates");
    for stack in &assembly.stacks {
        assert_eq!(stack.template, assembly.stacks[0].template, "{}", stack.name);
    }
    folder.put("latin.yaml", b"Description: \xfc\n");
    let error = folder.read(&["latin.yaml"]).map(|_| ()).expect_err("no text");
    assert!(error.starts_with("~/latin.yaml:1:14: neither UTF-8 nor UTF-16"), "{error}");
}

#[test]
fn what_is_too_large_is_told_or_left_out() {
    let folder = Folder::of(&[("a/orders.yaml", TEMPLATE)]);
    folder.put("a/large.yaml", format!("{TEMPLATE}{}", "# x\n".repeat(13 << 20)));
    let error = folder.read(&["a/large.yaml"]).map(|_| ()).expect_err("too large");
    assert!(error.starts_with("~/a/large.yaml: larger than 16 MiB"), "{error}");
    assert_eq!(folder.read(&["a"]).map(|assembly| assembly.skipped), Ok(1));
}

/// A CDK application with a stage, and a stack in each.
fn application() -> Folder {
    let stack = |file: &str, environment: &str| json!({"type": "aws:cloudformation:stack", "environment": environment, "properties": {"templateFile": file}});
    let mut named = stack("Orders.template.json", "aws://111122223333/eu-west-1");
    named["properties"]["stackName"] = json!("orders-prod");
    named["properties"]["parameters"] = json!({"Given": "by the manifest"});
    let top = json!({
        "Orders": named,
        "Orders.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Orders.assets.json"}},
        "assembly-Test": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Test"}},
    });
    let stage = json!({"TestOrders": stack("TestOrders.template.json", "aws://unknown-account/unknown-region")});
    Folder::of(&[
        ("cdk.out/cdk.out", "{\"version\": \"55.0.0\"}"),
        ("cdk.out/manifest.json", &manifest(&top)),
        ("cdk.out/Orders.template.json", r#"{"Resources": {}}"#),
        ("cdk.out/Orders.assets.json", "{}"),
        ("cdk.out/tree.json", "{}"),
        ("cdk.out/assembly-Test/manifest.json", &manifest(&stage)),
        ("cdk.out/assembly-Test/TestOrders.template.json", r#"{"Resources": {}}"#),
    ])
}

#[test]
fn the_manifest_says_what_a_cdk_folder_holds() {
    let folder = application();
    for path in ["cdk.out", "."] {
        let assembly = folder.read(&[path]).expect("stacks");
        assert_eq!((names(&assembly), assembly.skipped), (vec!["orders-prod", "TestOrders"], 0), "{path}");
        let stack = &assembly.stacks[0];
        assert_eq!((stack.account.as_deref(), stack.region.as_deref()), (Some("111122223333"), Some("eu-west-1")));
        assert_eq!(stack.parameters["Given"], "by the manifest");
        assert_eq!((assembly.stacks[1].account.as_deref(), assembly.stacks[1].region.as_deref()), (None, None));
    }
    let paths = vec![text(&folder.path("cdk.out"))];
    let (account, region) = (Some("444455556666".to_owned()), Some("us-east-1".to_owned()));
    let assembly = folder.inputs(&Inputs { paths, account, region, ..Inputs::default() }).expect("stacks");
    let accounts: Vec<_> = assembly.stacks.iter().filter_map(|stack| Some((stack.account.as_deref()?, stack.region.as_deref()?))).collect();
    assert_eq!(accounts, [("111122223333", "eu-west-1"), ("444455556666", "us-east-1")]);
}

#[test]
fn a_cdk_folder_that_is_not_whole_is_an_error() {
    let folder = application();
    std::fs::remove_file(folder.path("cdk.out/assembly-Test/manifest.json")).expect("removed");
    let error = folder.read(&["cdk.out"]).map(|_| ()).expect_err("an error");
    assert!(error.starts_with("~/cdk.out/manifest.json: the stage `assembly-Test` has no manifest"), "{error}");
    std::fs::remove_file(folder.path("cdk.out/Orders.template.json")).expect("removed");
    let error = folder.read(&["cdk.out"]).map(|_| ()).expect_err("an error");
    assert_eq!(error, "~/cdk.out/Orders.template.json: no such file or folder\n  make it again with `cdk synth`");
    folder.put("cdk.out/manifest.json", "{\"artifacts\": ");
    let error = folder.read(&["cdk.out"]).map(|_| ()).expect_err("an error");
    assert!(error.starts_with("~/cdk.out/manifest.json:1:15: expected a value"), "{error}");
}

#[test]
fn nested_stacks_follow_their_parent_and_are_judged_once() {
    let nest =
        |path: &str| format!("Resources:\n  Inner:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: {path}\n");
    let folder = Folder::of(&[
        ("a/outer.yaml", &nest("./parts/inner.yaml")),
        ("a/parts/inner.yaml", TEMPLATE),
        (
            "b/outer.json",
            r#"{"Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "n.nested.template.json"},
            "Properties": {"TemplateURL": {"Fn::Sub": "https://bucket"}}}}}"#,
        ),
        ("b/n.nested.template.json", r#"{"Resources": {"Bus": {"Type": "AWS::Events::EventBus"}}}"#),
        ("c/outer.yaml", &nest("https://bucket.s3.amazonaws.com/inner.yaml")),
        ("d/self.yaml", &nest("self.yaml")),
        ("e/one.yaml", &nest("two.yaml")),
        ("e/two.yaml", &nest("one.yaml")),
    ]);
    let assembly = folder.read(&["a", "b"]).expect("templates");
    assert_eq!(
        names(&assembly),
        ["a/outer", "a/outer/Inner", "b/outer", "b/outer/N"].map(|name| match name.split_once('/') {
            Some((folder_name, rest)) => text(&folder.path(folder_name).join(rest)).trim_start_matches("./").to_owned(),
            None => name.to_owned(),
        })
    );
    let parents: Vec<_> = assembly.stacks.iter().map(|stack| stack.parent.clone()).collect();
    assert_eq!(parents, [None, Some((0, "Inner".into())), None, Some((2, "N".into()))]);
    assert_eq!(assembly.stacks[1].folder, folder.path("a/./parts"));
    let away = folder.read(&["c"]).expect("a template");
    assert_eq!(away.stacks.len(), 1);
    assert!(away.warnings[0].ends_with("the template of the nested stack `Inner` is not at hand: nothing in it was judged"));
    assert!(!Templates::of(away).snapshot.coverage.complete(), "what was not read is no pass");
    for path in ["d", "e", "d/self.yaml"] {
        let error = folder.read(&[path]).map(|_| ()).expect_err(path);
        assert!(error.contains("nests the template that it stands in"), "{error}");
    }
}

#[test]
fn what_a_module_brings_is_told_not_to_be_judged() {
    let module = format!("{TEMPLATE}  Chain:\n    Type: Own::Private::Chain::MODULE\n");
    let told = Folder::of(&[("t.yaml", &module)]).read(&["t.yaml"]).expect("a template").warnings;
    assert!(told.len() == 1 && told[0].contains("the resources of the module `Chain`"), "{told:?}");
}

#[test]
fn a_plan_of_terraform_is_called_what_it_is() {
    let folder = Folder::of(&[("plan.json", r#"{"format_version": "1.2", "terraform_version": "1.9.8", "planned_values": {}}"#)]);
    assert!(folder.read(&["plan.json"]).is_err_and(|why| why.contains("a plan or state of Terraform, which is not judged")));
}

#[test]
fn what_a_stack_set_deploys_is_told_not_to_be_judged() {
    let told = |properties: &str| {
        let set = format!("Resources:\n  Set:\n    Type: AWS::CloudFormation::StackSet\n    Properties:\n      {properties}\n");
        Folder::of(&[("set.yaml", &set)]).read(&["set.yaml"]).expect("a template").warnings.len()
    };
    assert_eq!(told("TemplateURL: https://bucket.s3.amazonaws.com/chain.yaml"), 1);
    assert_eq!(told("TemplateBody: !Sub 'Resources: {${Name}: {Type: AWS::S3::Bucket}}'"), 1);
    assert_eq!(told("TemplateBody: 'Resources: {Bus: {Type: AWS::Events::EventBus}}'"), 1);
    assert_eq!(told("TemplateBody: 'Resources: {'"), 1);
    assert_eq!(told("TemplateBody: 'Resources: {Bucket: {Type: AWS::S3::Bucket}}'"), 0);
}
