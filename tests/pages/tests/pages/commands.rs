//! Command lines of `akash` and `provider-agent` parse as the programs themselves parse them.

use clap::error::ErrorKind;
use clap::{Error, Parser};
use pages::{pages, Code, Kind};

use crate::examples::{is_message, is_query};
use crate::report;

/// Placeholders that stand for something else than a name or a path, which may be anything.
const STAND_INS: [(&str, &str); 5] =
    [("DEPLOYMENT", "7"), ("ORDER", "9"), ("LEASE", "3"), ("AMOUNT", "1000000uakash"), ("LINES", "10")];

#[test]
fn every_command_line_is_one_that_the_programs_take() {
    let mut wrong = Vec::new();
    let mut found = 0;
    for page in pages() {
        for code in &page.code {
            for line in lines(code) {
                found += 1;
                let all = code.kind != Kind::Span;
                for line in with_and_without_options(&line) {
                    if let Err(error) = check(&line, all) {
                        wrong.push(format!("{}: {line}\n      {error}", page.place(code.line)));
                    }
                }
            }
        }
    }
    report("command lines that the programs refuse", wrong);
    assert!(
        found > 40,
        "only {found} command lines were found: are pages still written as this test reads them?"
    );
}

/// The command lines in a piece of code: all of a span, or of a block each cell that begins with a program's name,
/// where cells are parted by two blanks or more.
fn lines(code: &Code) -> Vec<String> {
    let is_ours = |text: &&str| {
        ["akash", "provider-agent"].iter().any(|name| {
            text.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ') && !rest.starts_with("  "))
        })
    };
    if code.kind == Kind::Span {
        return Some(code.text.as_str()).filter(is_ours).map(str::to_owned).into_iter().collect();
    }
    let joined = code.text.replace("\\\n", " ");
    let mut found = Vec::new();
    for line in joined.lines() {
        // What a continued line is indented by parts nothing.
        let line = if joined.len() == code.text.len() { line.trim().to_owned() } else { squeeze(line) };
        found.extend(line.split("  ").map(str::trim).filter(is_ours).map(str::to_owned));
    }
    found
}

fn squeeze(line: &str) -> String {
    match line.contains("--") {
        true => line.split_whitespace().collect::<Vec<_>>().join(" "),
        false => line.trim().to_owned(),
    }
}

/// `a [--b c]` stands for `a` and for `a --b c`.
fn with_and_without_options(line: &str) -> Vec<String> {
    let Some((before, rest)) = line.split_once(" [--") else { return vec![line.to_owned()] };
    let (option, after) = rest.split_once(']').unwrap_or((rest, ""));
    vec![format!("{before}{after}"), format!("{before} --{option}{after}")]
}

/// A line that only mentions a command, within a sentence, may leave out what the command needs.
fn check(line: &str, complete: bool) -> Result<(), String> {
    let line = line.split(" # ").next().unwrap_or(line);
    let words = shlex::split(line).ok_or("quotes that do not end")?;
    let words: Vec<String> = words
        .into_iter()
        .map(|word| {
            STAND_INS.iter().find(|(name, _)| *name == word).map_or(word, |(_, value)| (*value).to_owned())
        })
        .collect();
    let parsed = if words[0] == "akash" {
        akash_cli::cli::Cli::try_parse_from(&words).map(|cli| raw(&cli.command))
    } else {
        provider_agent::cli::Cli::try_parse_from(&words).map(|_| Ok(()))
    };
    match parsed {
        Ok(message) => message,
        Err(error) if is_fine(&error, complete) => Ok(()),
        Err(error) => Err(error.to_string().lines().next().unwrap_or_default().to_owned()),
    }
}

fn is_fine(error: &Error, complete: bool) -> bool {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => !complete,
        _ => false,
    }
}

/// A message or a query that is sent as it is written has to be one.
fn raw(command: &akash_cli::cli::Command) -> Result<(), String> {
    use akash_cli::cli::Command;
    match command {
        Command::Tx(args) if args.message != "JSON" => is_message(&args.contract, &args.message),
        Command::Query(args) if args.message != "JSON" => is_query(&args.contract, &args.message),
        _ => Ok(()),
    }
}
