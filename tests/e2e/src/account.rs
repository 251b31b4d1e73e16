use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Lab;

/// One person at the command line: a home of the `akash` command with a funded key.
#[derive(Debug)]
pub struct Account {
    home: PathBuf,
    book: PathBuf,
    address: String,
}

/// What the command answered.
#[derive(Debug)]
pub struct Answer {
    pub code: i32,
    pub json: Value,
    pub stderr: String,
}

impl Account {
    /// Sets up a home with the key that the chain funded under `name`, or takes it up again.
    pub fn open(lab: &Lab, name: &str) -> Self {
        let home = lab.dir.join("homes").join(name);
        let mut account = Self { home, book: lab.book_path.clone(), address: String::new() };
        if !account.home.join("config.toml").exists() {
            let mnemonic = std::fs::read_to_string(lab.keys.join(format!("{name}.mnemonic")))
                .unwrap_or_else(|error| panic!("mnemonic of {name}: {error}"));
            let answer = account.call(&["init", "--recover", "--no-passphrase", "-y"], Some(&mnemonic));
            assert_eq!(answer.code, 0, "akash init: {} {}", answer.json, answer.stderr);
        }
        let key = account.ok(&["keys", "show"]);
        account.address = key["address"].as_str().expect("keys show names the address").to_owned();
        account
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Runs the command with `--output json`.
    pub fn run(&self, arguments: &[&str]) -> Answer {
        self.call(arguments, None)
    }

    /// Runs the command, which must succeed.
    pub fn ok(&self, arguments: &[&str]) -> Value {
        let answer = self.run(arguments);
        assert_eq!(answer.code, 0, "akash {arguments:?}: {} {}", answer.json, answer.stderr);
        answer.json
    }

    /// Runs the command, which must fail with this exit code; gives the text of its error.
    pub fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let answer = self.run(arguments);
        assert_eq!(answer.code, code, "akash {arguments:?}: {} {}", answer.json, answer.stderr);
        answer.json["error"].to_string()
    }

    /// A process that runs along, such as a deployment that waits.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(Lab::binary("akash"));
        command
            .env("AKASH_HOME", &self.home)
            .env("AKASH_ADDRESS_BOOK", &self.book)
            .args(["--output", "json"])
            .args(arguments);
        command
    }

    fn call(&self, arguments: &[&str], input: Option<&str>) -> Answer {
        let mut child = self
            .command(arguments)
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the akash binary is built");
        if let (Some(text), Some(mut stdin)) = (input, child.stdin.take()) {
            stdin.write_all(text.as_bytes()).expect("akash reads its input");
        }
        let output = child.wait_with_output().expect("akash ends");
        Answer {
            code: output.status.code().unwrap_or(-1),
            json: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
