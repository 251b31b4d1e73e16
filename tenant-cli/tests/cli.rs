//! The command as scripts see it: exit codes, JSON and what it says, without a chain.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{json, Value};

/// A phrase that every wallet's documentation uses; its account holds nothing anywhere.
const PHRASE: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

struct Out {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Out {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("one JSON document on standard output ({error}): {:?}", self.stdout)
        })
    }

    /// The code of the error, after a look at its shape.
    fn error(&self) -> String {
        let json = self.json();
        let error = &json["error"];
        assert!(error["message"].is_string() && error.get("hint").is_some(), "{json}");
        error["code"].as_str().expect("a code").to_owned()
    }
}

struct Lab {
    dir: tempfile::TempDir,
}

impl Lab {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// An address book whose node refuses connections.
    fn book(&self) -> String {
        // Bound and closed again: nobody listens there.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let contract = |address: &str| json!({ "address": address, "code_id": 1, "sha256": "00", "store_tx": "", "instantiate_tx": "" });
        let book = json!({
            "schema": 1,
            "chain_id": "test-1",
            "rpc": [format!("http://127.0.0.1:{port}")],
            "bech32_prefix": "wasm",
            "gas_price": { "denom": "uakash", "amount": "0.025" },
            "sdl_denoms": { "uakt": "uakash" },
            "commit": "none",
            "contracts": { "market": contract("wasm1m"), "staking": contract("wasm1s"), "registry": contract("wasm1r") },
            "deployed_at": "2026-01-01T00:00:00Z",
        });
        let path = self.path("book.json");
        std::fs::write(&path, book.to_string()).unwrap();
        path.display().to_string()
    }

    fn run(&self, args: &[&str]) -> Out {
        self.run_with(args, "", &[])
    }

    fn run_with(&self, args: &[&str], input: &str, env: &[(&str, &str)]) -> Out {
        let mut command = Command::new(env!("CARGO_BIN_EXE_akash"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AKASH_") {
                command.env_remove(name);
            }
        }
        command.env("AKASH_HOME", self.path("home")).envs(env.iter().copied()).args(args);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        let out = child.wait_with_output().unwrap();
        Out {
            code: out.status.code().expect("it ends by itself"),
            stdout: String::from_utf8(out.stdout).unwrap(),
            stderr: String::from_utf8(out.stderr).unwrap(),
        }
    }

    /// A home with a recovered key and no chain that answers.
    fn initialised(&self) -> Value {
        let out = self.run_with(
            &["init", "--recover", "--no-passphrase", "-o", "json", "--address-book", &self.book()],
            PHRASE,
            &[],
        );
        assert_eq!(out.code, 0, "{} {}", out.stdout, out.stderr);
        out.json()
    }

    fn manifest(&self, text: &str) -> String {
        let path = self.path("web.yaml");
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

const SDL: &str = r#"version: "2.0"
services:
  web:
    image: nginx:1.27
    expose:
      - port: 80
        to:
          - global: true
profiles:
  compute:
    web:
      resources:
        cpu:
          units: 0.5
        memory:
          size: 512Mi
        storage:
          size: 1Gi
  placement:
    west:
      pricing:
        web:
          denom: uakt
          amount: 1000
deployment:
  web:
    west:
      profile: web
      count: 1
"#;

#[test]
fn help_and_version_succeed_and_name_the_exit_codes() {
    let lab = Lab::new();
    let help = lab.run(&["--help"]);
    assert_eq!(help.code, 0);
    assert!(help.stdout.contains("Exit codes") && help.stdout.contains("no bid could be matched"));
    assert_eq!(lab.run(&["--version"]).code, 0);
    assert_eq!(lab.run(&["deploy", "--help"]).code, 0);
}

#[test]
fn a_wrong_line_is_exit_code_2_in_both_formats() {
    let lab = Lab::new();
    for args in [
        vec!["nonsense"],
        vec!["deploy"],
        vec!["deploy", "a.yaml", "--term", "10"],
        vec!["status", "seven"],
        vec!["top-up", "1", "100"],
        vec!["close"],
        vec!["orders", "--state", "done"],
    ] {
        let text = lab.run(&args);
        assert_eq!(text.code, 2, "{args:?}");
        assert!(text.stdout.is_empty() && !text.stderr.is_empty(), "{args:?}");
        let json = lab.run(&[&["-o", "json"], args.as_slice()].concat());
        assert_eq!(json.code, 2, "{args:?}");
        assert_eq!(json.error(), "bad_input", "{args:?}");
    }
    let duration = lab.run(&["-o", "json", "deploy", "a.yaml", "--term", "10"]).json().to_string();
    assert!(duration.contains("1h30m"), "it says what is accepted: {duration}");
}

#[test]
fn without_an_address_book_it_says_where_to_name_one() {
    let lab = Lab::new();
    let out = lab.run(&["-o", "json", "orders"]);
    assert_eq!((out.code, out.error().as_str()), (2, "bad_input"));
    assert!(out.stdout.contains("--address-book"));
    let out = lab.run(&["-o", "json", "orders", "--address-book", "/does/not/exist.json"]);
    assert_eq!((out.code, out.error().as_str()), (2, "bad_input"));
    assert!(out.stdout.contains("/does/not/exist.json"));
}

#[test]
fn a_node_that_does_not_answer_is_exit_code_5() {
    let lab = Lab::new();
    let book = lab.book();
    let out = lab.run(&["-o", "json", "orders", "--address-book", &book]);
    assert_eq!((out.code, out.error().as_str()), (5, "unreachable"), "{}", out.stdout);
    let text = lab.run(&["orders", "--address-book", &book]);
    assert_eq!(text.code, 5);
    assert!(text.stderr.starts_with("error: ") && text.stderr.contains("hint: "), "{}", text.stderr);
}

#[test]
fn a_key_that_is_not_there_is_exit_code_3() {
    let lab = Lab::new();
    let out = lab.run(&["-o", "json", "keys", "show"]);
    assert_eq!((out.code, out.error().as_str()), (3, "not_found"));
    assert!(out.stdout.contains("akash init"));
    let out = lab.run(&["-o", "json", "keys", "show", "../../etc/passwd"]);
    assert_eq!((out.code, out.error().as_str()), (2, "bad_input"));
}

#[test]
fn init_sets_up_a_home_although_the_chain_is_silent_and_says_how_to_go_on() {
    let lab = Lab::new();
    let done = lab.initialised();
    assert_eq!(done["address"], "wasm19rl4cm2hmr8afy4kldpxz3fka4jguq0akuugk7".to_owned(), "{done}");
    assert_eq!(done["root"]["published"], false);
    assert!(done["root"]["reason"].is_string());
    assert!(done["mnemonic"].is_null(), "a phrase that was given is not printed");
    let home = lab.path("home");
    assert!(home.join("config.toml").exists());
    let root = home.join("roots").join(done["address"].as_str().unwrap());
    assert!(root.join("root.pem").exists() && root.join("root.key").exists());

    let shown = lab.run(&["-o", "json", "keys", "show"]).json();
    assert_eq!(shown["address"], done["address"]);
    let exported = lab.run(&["-o", "json", "keys", "export", "default", "-y"]).json();
    assert_eq!(exported["mnemonic"], PHRASE);
    let listed = lab.run(&["-o", "json", "keys", "list"]).json();
    assert_eq!(listed["items"][0]["default"], true);

    // Again: nothing is made twice, nothing is lost.
    let again = lab.run(&["-o", "json", "init"]);
    assert_eq!(again.code, 0, "{}", again.stdout);
    assert_eq!(again.json()["root"]["fingerprint"], done["root"]["fingerprint"]);
    // Another phrase over an existing key is refused.
    let other = lab.run_with(&["-o", "json", "init", "--recover"], PHRASE, &[]);
    assert_eq!((other.code, other.error().as_str()), (2, "bad_input"));
}

#[cfg(unix)]
#[test]
fn keys_are_private_and_a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let lab = Lab::new();
    lab.initialised();
    let key = lab.path("home").join("keys/default.json");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&key), 0o600);
    assert_eq!(mode(key.parent().unwrap()), 0o700);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let out = lab.run(&["-o", "json", "keys", "show"]);
    assert_eq!(out.code, 2);
    assert!(out.stdout.contains("chmod 600"));
}

#[test]
fn a_key_in_clear_is_warned_about_and_an_encrypted_one_needs_its_passphrase() {
    let lab = Lab::new();
    let book = lab.book();
    let args = ["-o", "json", "keys", "add", "clear", "--no-passphrase", "--address-book", &book];
    let clear = lab.run(&args);
    assert_eq!(clear.code, 0, "{}", clear.stdout);
    assert!(clear.stderr.contains("warning") && clear.stderr.contains("in clear"));
    assert_eq!(clear.json()["mnemonic"].as_str().unwrap().split(' ').count(), 24);

    let passphrase = [("AKASH_PASSPHRASE", "correct horse")];
    let args = ["-o", "json", "keys", "add", "locked", "--recover", "--address-book", &book];
    let locked = lab.run_with(&args, PHRASE, &passphrase);
    assert_eq!(locked.code, 0, "{}", locked.stdout);
    assert_eq!(locked.json()["encrypted"], true);
    let stored = std::fs::read_to_string(lab.path("home").join("keys/locked.json")).unwrap();
    assert!(!stored.contains("abandon"));
    let export = ["-o", "json", "keys", "export", "locked", "-y"];
    assert_eq!(lab.run_with(&export, "", &passphrase).json()["mnemonic"], PHRASE);
    let wrong = lab.run_with(&export, "", &[("AKASH_PASSPHRASE", "wrong")]);
    assert_eq!((wrong.code, wrong.error().as_str()), (2, "bad_input"));
    let none = lab.run(&export);
    assert_eq!(none.code, 2);
    assert!(none.stdout.contains("AKASH_PASSPHRASE"));
}

#[test]
fn a_phrase_that_is_wrong_leaves_nothing_behind() {
    let lab = Lab::new();
    let book = lab.book();
    for input in ["", "not a phrase\n", "abandon abandon\n"] {
        let out = lab.run_with(&["-o", "json", "init", "--recover", "--address-book", &book], input, &[]);
        assert_eq!((out.code, out.error().as_str()), (2, "bad_input"), "{input:?}");
        assert!(!out.stdout.contains("abandon abandon"), "the phrase is not repeated");
    }
    assert!(!lab.path("home").join("keys/default.json").exists());
}

#[test]
fn manifests_are_looked_at_without_a_chain() {
    let lab = Lab::new();
    let file = lab.manifest(SDL);
    let version = lab.run(&["manifest", "version", &file]);
    assert_eq!(version.code, 0, "{}", version.stderr);
    assert_eq!(version.stdout.len(), 65, "64 hex digits alone on a line: {:?}", version.stdout);
    assert!(version.stdout.trim_end().bytes().all(|b| b.is_ascii_hexdigit()));
    let hex = version.stdout.trim_end();
    assert_eq!(lab.run(&["-o", "json", "manifest", "version", &file]).json(), json!({ "version": hex }));
    let shown = lab.run(&["-o", "json", "manifest", "show", &file]).json();
    assert_eq!(shown["version"], hex);
    assert!(shown["canonical"].as_str().unwrap().starts_with("[{"));
    let checked = lab.run(&["-o", "json", "manifest", "check", &file]).json();
    assert_eq!(checked["ok"], true);
    assert_eq!(checked["groups"], json!([{ "group": "west", "services": ["web"] }]));
}

#[test]
fn a_manifest_is_shown_as_what_it_buys_what_it_opens_and_what_travels_with_it() {
    let lab = Lab::new();
    std::fs::write(lab.path("app.tar"), [0; 4096]).unwrap();
    std::fs::write(lab.path("app.conf"), "listen 80\n").unwrap();
    let file = lab.manifest(include_str!("show/shop.yaml"));
    let shown = lab.run(&["manifest", "show", &file]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert_eq!(shown.stdout, include_str!("show/shop.txt"));
    // Flags stand above the file.
    let longer = lab.run(&["manifest", "show", &file, "--term", "30d"]);
    assert!(longer.stdout.contains("FOR 30D"), "{}", longer.stdout);
    let canonical = lab.run(&["manifest", "show", &file, "--canonical"]);
    assert_eq!(canonical.code, 0, "{}", canonical.stderr);
    assert!(canonical.stdout.starts_with("[\n"), "{}", canonical.stdout);
}

#[test]
fn a_deployment_that_lacks_values_of_secrets_is_not_begun() {
    let lab = Lab::new();
    let book = lab.book();
    std::fs::write(lab.path("app.tar"), [0; 4096]).unwrap();
    std::fs::write(lab.path("app.conf"), "listen 80\n").unwrap();
    std::fs::write(lab.path("key"), "hunter3").unwrap();
    let key = format!("BACKUP_KEY={}", lab.path("key").display());
    let file = lab.manifest(include_str!("show/shop.yaml"));
    let set = [("ITS_VALUE", "hunter2")];
    let deploy = |flags: &[&str], env: &[(&str, &str)]| {
        let args = [&["-o", "json", "deploy", &file, "--address-book", &book, "-y"], flags].concat();
        let out = lab.run_with(&args, "", env);
        assert!(!out.stdout.contains("hunter") && !out.stderr.contains("hunter"), "{}", out.stdout);
        out
    };
    // Flags, variables, and what is said to them.
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case; 6] = [
        (&[], &[], "not given: BACKUP_KEY, PASSWORD"),
        (&["--secret-env", "PASSWORD=ITS_VALUE"], &set, "not given: BACKUP_KEY\""),
        (&["--secret-env", "PASSWORD=ITS_VALUE"], &[], "there is no variable ITS_VALUE"),
        (&["--secret-env", "PASSWORT=ITS_VALUE"], &set, "PASSWORT"),
        (&["--secret-file", &key, "--secret-file", &key], &[], "BACKUP_KEY is given more than once"),
        (&["--no-wait", "--secret-file", &key], &[], "--no-wait"),
    ];
    for (flags, env, told) in cases {
        let out = deploy(flags, env);
        assert_eq!((out.code, out.error().as_str()), (2, "bad_input"), "{}", out.stdout);
        assert!(out.stdout.contains(told), "{told}: {}", out.stdout);
    }
    // With all of them it goes on to the chain, which does not answer.
    let all = deploy(&["--secret-env", "PASSWORD=ITS_VALUE", "--secret-file", &key], &set);
    assert_eq!(all.code, 5, "{}", all.stdout);
}

#[test]
fn a_manifest_to_start_from_is_written_once_and_is_fine() {
    let lab = Lab::new();
    let file = lab.path("new.yaml").display().to_string();
    assert_eq!(lab.run(&["manifest", "init", &file]).code, 0);
    let checked = lab.run(&["-o", "json", "manifest", "check", &file]).json();
    assert_eq!(
        (&checked["ok"], &checked["needs"], &checked["warnings"]),
        (&json!(true), &json!([]), &json!([]))
    );
    std::fs::write(&file, "mine").unwrap();
    let again = lab.run(&["-o", "json", "manifest", "init", &file]);
    assert_eq!((again.code, again.error().as_str()), (2, "bad_input"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn the_schema_of_manifests_is_told() {
    let schema = Lab::new().run(&["manifest", "schema"]).json();
    assert_eq!(schema["title"], "Manifest");
}

#[test]
fn what_a_manifest_needs_and_what_is_doubtful_is_told() {
    let lab = Lab::new();
    let file = lab.manifest(&SDL.replace("size: 512Mi", "size: 512MiB"));
    let out = lab.run(&["manifest", "version", &file]);
    assert_eq!(out.code, 0);
    assert!(
        out.stderr.contains("warning: ") && out.stderr.contains("is read as 512000000 bytes"),
        "{}",
        out.stderr
    );
    let checked = lab.run(&["-o", "json", "manifest", "check", &file]).json();
    assert_eq!(checked["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn every_mistake_of_a_manifest_is_told_with_its_place() {
    let lab = Lab::new();
    let file = lab.manifest(&SDL.replace("size: 512Mi", "size: lots").replace("count: 1", "count: none"));
    let out = lab.run(&["-o", "json", "manifest", "check", &file]);
    assert_eq!((out.code, out.error().as_str()), (2, "bad_input"));
    let json = out.json();
    let problems = json["error"]["details"]["problems"].as_array().unwrap();
    assert!(problems.len() >= 2, "{json}");
    for problem in problems {
        assert!(problem["line"].as_u64().unwrap() > 0 && problem["key"].is_string(), "{problem}");
    }
    let text = lab.run(&["manifest", "check", &file]);
    assert!(text.stderr.contains("web.yaml:"), "{}", text.stderr);
    let missing = lab.run(&["-o", "json", "manifest", "check", "/no/such.yaml"]);
    assert_eq!((missing.code, missing.error().as_str()), (2, "bad_input"));
}

#[test]
fn a_deployment_is_refused_before_anything_is_sent() {
    let lab = Lab::new();
    lab.initialised();
    // The file is looked at first: nothing is asked of the chain for a wrong one.
    let wrong = lab.manifest("version: '9'\n");
    assert_eq!(lab.run(&["-o", "json", "deploy", &wrong, "-y"]).code, 2);
    let right = lab.manifest(SDL);
    let out = lab.run(&["-o", "json", "deploy", &right, "-y"]);
    assert_eq!((out.code, out.error().as_str()), (5, "unreachable"), "{}", out.stdout);
}

#[test]
fn a_configuration_with_a_mistake_names_it() {
    let lab = Lab::new();
    std::fs::create_dir_all(lab.path("home")).unwrap();
    std::fs::write(lab.path("home").join("config.toml"), "adress_book = \"x\"\n").unwrap();
    let out = lab.run(&["-o", "json", "keys", "list"]);
    assert_eq!((out.code, out.error().as_str()), (2, "bad_input"));
    assert!(out.stdout.contains("adress_book") && out.stdout.contains("address_book"));
}

#[test]
fn messages_of_the_escapes_are_checked_before_they_are_sent() {
    let lab = Lab::new();
    lab.initialised();
    for (contract, message) in [("market", "{"), ("market", "[]"), ("market", "{}"), ("bank", "{\"a\":{}}")] {
        for command in ["tx", "query"] {
            let out = lab.run(&["-o", "json", command, contract, message, "-y"]);
            assert_eq!((out.code, out.error().as_str()), (2, "bad_input"), "{command} {contract} {message}");
        }
    }
    let funds = lab.run(&["-o", "json", "tx", "market", "{\"a\":{}}", "--funds", "lots"]);
    assert_eq!((funds.code, funds.error().as_str()), (2, "bad_input"));
}

#[test]
fn a_file_that_is_no_image_is_refused_before_the_engine_is_asked() {
    let lab = Lab::new();
    let text = lab.manifest("not a tar");
    let out = lab.run(&["-o", "json", "image", "load", &text, "--name", "web:1"]);
    assert_eq!((out.code, out.error().as_str()), (2, "bad_input"), "{}", out.stdout);
    let out = lab.run(&["-o", "json", "image", "load", &text, "--name", "WEB"]);
    assert_eq!((out.code, out.error().as_str()), (2, "bad_input"));
    let out = lab.run(&["-o", "json", "image", "load", "/no/such.tar", "--name", "web:1"]);
    assert_eq!((out.code, out.error().as_str()), (3, "not_found"));
}
