//! What the binary says of itself: help with an example for every command, completions, manual pages.

use clap::CommandFactory;
use mynah::cli::Cli;

use crate::support::binary::Home;

/// Every command as it is typed, "" for the binary itself.
fn commands() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, at: &[String], found: &mut Vec<Vec<String>>) {
        found.push(at.to_vec());
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            walk(below, &[at, &[below.get_name().to_owned()]].concat(), found);
        }
    }
    let mut found = Vec::new();
    walk(&Cli::command(), &[], &mut found);
    assert!(found.len() >= 10, "{found:?}");
    found
}

#[test]
fn help_of_every_command_has_an_example_that_parses() {
    let home = Home::new();
    for command in commands() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let ran = home.run(&arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        let (_, examples) =
            ran.stdout.split_once("Example").unwrap_or_else(|| panic!("{command:?} shows no example"));
        // From the example's own `mynah` up to what the shell would take.
        let mut tried = 0;
        for line in examples.lines().filter_map(|line| line.split_once("mynah ").map(|(_, rest)| rest)) {
            let words = line.split(['|', '>', '&', '"', ')', '`']).next().unwrap().split_whitespace();
            let typed: Vec<&str> = std::iter::once("mynah").chain(words).collect();
            if let Err(error) = <Cli as clap::Parser>::try_parse_from(&typed) {
                panic!("{typed:?}: {error}");
            }
            tried += 1;
        }
        assert!(tried > 0, "{command:?}: {examples}");
    }
}

#[test]
fn help_names_the_exit_codes_and_the_version_is_the_packages() {
    let home = Home::new();
    assert!(home.run(&["ask", "--help"]).stdout.contains("0 all turns answered, 1 some failed, 2 usage"));
    assert_eq!(home.run(&["--version"]).stdout, format!("mynah {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_know_commands_and_options() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = home.run(&["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{shell}");
        for word in ["ask", "models", "audio", "region", "wake"] {
            assert!(ran.stdout.contains(word), "{shell} lacks {word}");
        }
    }
    let refused = home.run(&["completions", "tcsh"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("bash") && refused.stderr.contains("fish"), "{refused:?}");
}

#[test]
fn manual_pages_are_written_for_every_command() {
    let home = Home::new();
    let page = home.run(&["man"]);
    assert_eq!(page.code, Some(0));
    for part in [".TH mynah 1", ".SH SYNOPSIS", "\\-\\-config", "Examples:"] {
        assert!(page.stdout.contains(part), "{part} is not in {}", page.stdout);
    }
    let folder = home.path("man");
    assert_eq!(home.run(&["man", "--out", folder.to_str().unwrap()]).code, Some(0));
    for command in commands() {
        let name = std::iter::once("mynah".to_owned()).chain(command).collect::<Vec<_>>().join("-");
        let page = std::fs::read_to_string(folder.join(format!("{name}.1"))).expect(&name);
        assert!(page.contains(".SH NAME"), "{name}");
    }
}
