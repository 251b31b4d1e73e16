use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use akash_cli::cli::Cli;
use akash_cli::error::CliError;
use akash_cli::output::{Answer, Format};
use akash_cli::{run, Done};
use clap::Parser;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &arguments),
    };
    let format = cli.global.output;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return fail(&CliError::failure(format!("the runtime does not start: {error}")), format)
        }
    };
    let done = runtime.block_on(run(cli));
    // A read of standard input cannot be taken back and would keep the process until somebody types.
    runtime.shutdown_background();
    match done {
        Ok(Done::Answer(answer)) => print(&answer, format),
        Ok(Done::Streamed(code)) => code,
        Err(error) => fail(&error, format),
    }
}

fn print(answer: &Answer, format: Format) -> ExitCode {
    let mut out = std::io::stdout();
    // A reader that has gone, as with `| head`, is nobody to tell.
    let _ = out.write_all(answer.render(format).as_bytes()).and_then(|()| out.flush());
    ExitCode::SUCCESS
}

fn fail(error: &CliError, format: Format) -> ExitCode {
    match format {
        Format::Json => {
            print(&Answer { json: error.json(), text: String::new() }, format);
        }
        Format::Text => eprintln!("error: {error}"),
    }
    ExitCode::from(error.kind.exit_code())
}

/// Help and version are no errors; a wrong line is one, in the form that was asked for as far as it can be told.
fn usage(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() || !asks_json(arguments) {
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    }
    let text = error.to_string();
    let mut parts = text.trim().splitn(2, "\n\n");
    let message = parts.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let mut error = CliError::bad_input(message);
    error.hint = parts.next().map(|rest| rest.split_whitespace().collect::<Vec<_>>().join(" "));
    fail(&error, Format::Json)
}

fn asks_json(arguments: &[OsString]) -> bool {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let by_flag =
        words.windows(2).any(|pair| (pair[0] == "--output" || pair[0] == "-o") && pair[1] == "json")
            || words.iter().any(|word| word == "--output=json" || word == "-ojson" || word == "-o=json");
    by_flag || std::env::var_os("AKASH_OUTPUT").is_some_and(|value| value == "json")
}
