use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What a web server answered.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub body: String,
}

/// One GET of `http://host:port[/path]`, or none when nothing answers there in two seconds.
pub fn get(url: &str) -> Option<Page> {
    let rest = url.strip_prefix("http://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(authority).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {authority}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Page { status, body: body.to_owned() })
}
