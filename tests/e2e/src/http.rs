use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What a web server answered.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub body: String,
}

/// One GET of `http://host:port[/path]`, or none when nothing answers there in two seconds.
pub fn get(url: &str) -> Option<Page> {
    get_within(url, Duration::from_secs(2))
}

/// The same with more patience.
pub fn get_within(url: &str, patience: Duration) -> Option<Page> {
    let rest = url.strip_prefix("http://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(authority).ok()?;
    stream.set_read_timeout(Some(patience)).ok()?;
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {authority}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Page { status, body: body.to_owned() })
}

/// The same from inside a network namespace, such as for what listens on its loopback only.
pub fn get_inside(namespace: Option<&str>, url: &str) -> Option<Page> {
    let Some(namespace) = namespace else { return get(url) };
    let output = inside(Some(namespace), Path::new("curl"))
        .args(["-s", "--max-time", "2", "-w", "\n%{http_code}", url])
        .output()
        .expect("curl runs");
    let text = String::from_utf8(output.stdout).ok()?;
    let (body, status) = text.rsplit_once('\n')?;
    let status = status.parse().ok().filter(|status| *status != 0)?;
    Some(Page { status, body: body.to_owned() })
}

/// A program that will run in a network namespace. The process is the program's own, so that ending it ends that.
pub fn inside(namespace: Option<&str>, program: &Path) -> Command {
    match namespace {
        None => Command::new(program),
        Some(name) => {
            let mut command = Command::new("nsenter");
            command.arg(format!("--net=/run/netns/{name}")).arg("--").arg(program);
            command
        }
    }
}
