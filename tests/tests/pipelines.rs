//! The workflows for the repositories of others, and the guide to them: their commands are those of the programs.

use std::collections::BTreeSet;

use aether_server::config::Arguments;
use clap::{Command, CommandFactory, Subcommand};
use serde_json::Value;

const GITHUB: &str = include_str!("../conformance/ci/github.yml");
const GITLAB: &str = include_str!("../conformance/ci/gitlab.yml");
const SCHEMATHESIS: &str = include_str!("../conformance/ci/schemathesis.toml");
const GUIDE: &str = include_str!("../../server/docs/ci.md");
const CI: &str = include_str!("../../.ci/run");

/// The keys of shell commands in workflows.
const SCRIPTS: [&str; 3] = ["before_script", "run", "script"];
/// The words between two commands of a line.
const SEPARATORS: [&str; 5] = ["&&", "&", ";", "|", "||"];

/// The programs of this repository in the workflows.
fn programs() -> [Command; 3] {
    [
        Arguments::command().name("aether-server"),
        dropstub::Command::augment_subcommands(Command::new("dropstub")).subcommand_required(true),
        aether_conformance::arguments::Arguments::command(),
    ]
}

/// The shell commands of a workflow.
fn scripts(workflow: &str) -> String {
    fn collect(value: Value, is_script: bool, scripts: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.into_iter().for_each(|(key, value)| {
                collect(value, SCRIPTS.contains(&key.as_str()), scripts);
            }),
            Value::Array(elements) => elements.into_iter().for_each(|value| collect(value, is_script, scripts)),
            Value::String(script) if is_script => scripts.push(script),
            _ => {}
        }
    }
    let mut scripts = Vec::new();
    collect(serde_yaml_ng::from_str(workflow).expect("YAML"), false, &mut scripts);
    scripts.join("\n")
}

/// The shell commands of a guide.
fn blocks(guide: &str) -> String {
    let blocks = guide.split("```sh\n").skip(1).map(|block| block.split("```").next().expect("a block"));
    blocks.collect::<Vec<_>>().join("\n")
}

/// The commands of a shell script, as words without quotes, redirections and comments.
fn commands(script: &str) -> Vec<Vec<String>> {
    // The programs check the form of a URL.
    let script = script.replace("\\\n", " ").replace("$AETHER_URL", "http://127.0.0.1:8080");
    let lines = script.lines().map(|line| line.split(" #").next().unwrap_or_default());
    let commands = lines.flat_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.split(|word| SEPARATORS.contains(word)).map(<[_]>::to_vec).collect::<Vec<_>>()
    });
    let words = |words: Vec<&str>| {
        let words = words.into_iter().take_while(|word| !word.starts_with(['>', '<']) && !word.starts_with("2>"));
        words.map(|word| word.trim_matches(['"', '\'']).to_owned()).collect::<Vec<_>>()
    };
    commands.map(words).filter(|words| !words.is_empty()).collect()
}

/// Parses the commands of this repository's programs in a script as the programs do. Returns the names of the programs.
fn check(script: &str) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    for words in commands(script) {
        if let Some(program) = programs().into_iter().find(|program| program.get_name() == words[0]) {
            program.try_get_matches_from(&words).map_err(|error| format!("{}: {error}", words.join(" ")))?;
            found.insert(words[0].clone());
        }
    }
    Ok(found)
}

#[test]
fn commands_of_workflows_and_guide_are_accepted() {
    for (name, script) in [("github.yml", scripts(GITHUB)), ("gitlab.yml", scripts(GITLAB)), ("ci.md", blocks(GUIDE))] {
        let found = check(&script).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = programs().map(|program| program.get_name().to_owned());
        assert_eq!(found, BTreeSet::from(expected), "{name}");
    }
}

#[test]
fn installed_packages_are_the_programs() {
    for script in [scripts(GITHUB), scripts(GITLAB)] {
        let commands = commands(&script);
        let install = commands.iter().find(|words| words.starts_with(&["cargo".to_owned(), "install".to_owned()]));
        let packages = install.expect("an installation").iter().rev().take_while(|word| !word.starts_with('$'));
        let expected = programs().map(|program| program.get_name().to_owned());
        assert_eq!(packages.cloned().collect::<BTreeSet<_>>(), BTreeSet::from(expected));
    }
}

#[test]
fn commands_that_a_program_does_not_have_are_found() {
    for script in [
        "cd x && aether-server dev --port 0",
        "aether-server develop",
        "true; dropstub compat \\\n  --base a.yaml --with b.yaml > out",
        "dropstub",
        "aether-conformance --token \"$TOKEN\"",
    ] {
        check(&script.replace(';', " ;")).unwrap_err();
    }
    assert_eq!(check("echo aether-server --x # dropstub --y").unwrap(), BTreeSet::new());
}

/// Whether a command of npx, which is the code of others, has the token in its environment: from its script, from a map of
/// variables around that, or from an earlier command.
fn npx_has_the_token(workflow: &str) -> bool {
    fn collect(value: &Value, is_script: bool, inherited: bool, scripts: &mut Vec<(String, bool)>) {
        match value {
            Value::Object(members) => {
                let own = ["env", "variables"].iter().any(|key| value[key].get("AETHER_TOKEN").is_some());
                members.iter().for_each(|(key, value)| {
                    collect(value, SCRIPTS.contains(&key.as_str()), inherited || own, scripts);
                });
            }
            Value::Array(elements) => elements.iter().for_each(|value| collect(value, is_script, inherited, scripts)),
            Value::String(script) if is_script => scripts.push((script.replace("\\\n", " "), inherited)),
            _ => {}
        }
    }
    let mut scripts = Vec::new();
    collect(&serde_yaml_ng::from_str(workflow).expect("YAML"), false, false, &mut scripts);
    let mut exported = false;
    for (line, inherited) in
        scripts.iter().flat_map(|(script, inherited)| script.lines().map(|line| (line, *inherited)))
    {
        if line.contains("npx ") && (exported || inherited || line.contains("AETHER_TOKEN")) {
            return true;
        }
        exported |=
            ["export ", "echo "].iter().any(|word| line.trim().starts_with(word)) && line.contains("AETHER_TOKEN=");
    }
    false
}

#[test]
fn code_of_others_does_not_have_the_token() {
    for (name, workflow) in [("github.yml", GITHUB), ("gitlab.yml", GITLAB)] {
        assert!(workflow.contains("npx ") && workflow.contains("AETHER_TOKEN=$("), "{name}");
        assert!(!npx_has_the_token(workflow), "{name}");
    }
    for workflow in [
        "{env: {AETHER_TOKEN: a}, jobs: {a: {steps: [{run: npx a}]}}}",
        "{jobs: {a: {steps: [{env: {AETHER_TOKEN: a}, run: npx a}]}}}",
        "{jobs: {a: {steps: [{run: 'echo \"AETHER_TOKEN=a\" >> \"$GITHUB_ENV\"'}, {run: npx a}]}}}",
        "{a: {script: [export URL=a AETHER_TOKEN=a, npx a]}}",
        "{a: {variables: {AETHER_TOKEN: a}, script: [npx a]}}",
        "{a: {script: ['AETHER_TOKEN=a npx a']}}",
    ] {
        assert!(npx_has_the_token(workflow), "{workflow}");
    }
}

/// A version of Schemathesis reads the file in its own way.
#[test]
fn schemathesis_has_one_version() {
    let texts = [GITHUB, GITLAB, SCHEMATHESIS, GUIDE, CI];
    let versions = texts.map(|text| {
        let found = text.split("schemathesis==").skip(1).map(|rest| {
            let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.');
            rest[..end.unwrap_or(rest.len())].trim_end_matches('.')
        });
        found.collect::<BTreeSet<_>>()
    });
    assert!(versions.iter().all(|found| found.len() == 1 && *found == versions[0]), "{versions:?}");
}
