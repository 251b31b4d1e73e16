use serde::{Deserialize, Serialize};

/// Largest message of the shell's WebSocket, in bytes.
pub const MAX_SHELL_FRAME_BYTES: usize = 64 * 1024;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const CONTROL: u8 = 3;

/// Query of the shell. `command` is given once for each word, as in `command=ls&command=-l`; it is never passed
/// through a shell by the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellQuery {
    pub service: String,
    /// From 0.
    pub replica: u32,
    pub tty: bool,
    /// Whether the client sends input; without it the command reads end of file.
    pub stdin: bool,
    /// The terminal's size, with `tty`.
    pub size: Option<(u16, u16)>,
    pub command: Vec<String>,
}

impl ShellQuery {
    /// Name and value pairs, to be percent-encoded into the query.
    pub fn to_pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            ("service", self.service.clone()),
            ("replica", self.replica.to_string()),
            ("tty", self.tty.to_string()),
            ("stdin", self.stdin.to_string()),
        ];
        if let Some((rows, columns)) = self.size {
            pairs.push(("rows", rows.to_string()));
            pairs.push(("columns", columns.to_string()));
        }
        pairs.extend(self.command.iter().map(|word| ("command", word.clone())));
        pairs
    }

    /// From decoded name and value pairs. The error says which one is wrong.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let mut query = Self {
            service: String::new(),
            replica: 0,
            tty: false,
            stdin: false,
            size: None,
            command: vec![],
        };
        let (mut rows, mut columns) = (None, None);
        for (name, value) in pairs {
            let wrong = |accepted: &str| format!("{name}={value:?} in the query: expected {accepted}");
            match name {
                "service" => query.service = value.to_owned(),
                "replica" => query.replica = value.parse().map_err(|_| wrong("a number from 0"))?,
                "tty" => query.tty = value.parse().map_err(|_| wrong("true or false"))?,
                "stdin" => query.stdin = value.parse().map_err(|_| wrong("true or false"))?,
                "rows" => rows = Some(value.parse().map_err(|_| wrong("a number of lines"))?),
                "columns" => columns = Some(value.parse().map_err(|_| wrong("a number of columns"))?),
                "command" => query.command.push(value.to_owned()),
                _ => {
                    return Err(wrong(
                        "service, replica, tty, stdin, rows, columns or command, and nothing else",
                    ))
                }
            }
        }
        if query.service.is_empty() {
            return Err("service is missing in the query: name the service to run the command in".to_owned());
        }
        if query.command.is_empty() {
            return Err("command is missing in the query: give it once for each word".to_owned());
        }
        query.size = rows.zip(columns);
        Ok(query)
    }
}

/// One binary message of the shell's WebSocket: a byte for the channel, then the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShellFrame {
    /// From the client. Empty means end of input.
    Stdin(Vec<u8>),
    /// To the client; with a terminal all output comes here.
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    Control(ShellControl),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ShellControl {
    /// From the client: the terminal has a new size.
    Resize { rows: u16, columns: u16 },
    /// To the client, last: how the command ended.
    Exit { code: i64 },
    /// To the client, last: the session ended before the command did.
    Error { message: String },
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShellFrameError {
    #[error("an empty message: expected a channel byte")]
    Empty,
    #[error("channel {0}: expected 0 (stdin), 1 (stdout), 2 (stderr) or 3 (control)")]
    Channel(u8),
    #[error("control message not understood: {0}")]
    Control(String),
}

impl ShellFrame {
    pub fn encode(&self) -> Vec<u8> {
        let (channel, payload) = match self {
            Self::Stdin(bytes) => (STDIN, bytes.clone()),
            Self::Stdout(bytes) => (STDOUT, bytes.clone()),
            Self::Stderr(bytes) => (STDERR, bytes.clone()),
            // A plain enum of numbers and text always serialises.
            Self::Control(control) => (CONTROL, serde_json::to_vec(control).unwrap_or_default()),
        };
        let mut message = Vec::with_capacity(payload.len() + 1);
        message.push(channel);
        message.extend_from_slice(&payload);
        message
    }

    pub fn decode(message: &[u8]) -> Result<Self, ShellFrameError> {
        let (channel, payload) = message.split_first().ok_or(ShellFrameError::Empty)?;
        Ok(match *channel {
            STDIN => Self::Stdin(payload.to_vec()),
            STDOUT => Self::Stdout(payload.to_vec()),
            STDERR => Self::Stderr(payload.to_vec()),
            CONTROL => Self::Control(
                serde_json::from_slice(payload).map_err(|e| ShellFrameError::Control(e.to_string()))?,
            ),
            other => return Err(ShellFrameError::Channel(other)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_the_wire() {
        for frame in [
            ShellFrame::Stdin(vec![]),
            ShellFrame::Stdout(b"hello".to_vec()),
            ShellFrame::Stderr(vec![0, 255]),
            ShellFrame::Control(ShellControl::Resize { rows: 24, columns: 80 }),
            ShellFrame::Control(ShellControl::Exit { code: 137 }),
        ] {
            assert_eq!(ShellFrame::decode(&frame.encode()).unwrap(), frame);
        }
        assert_eq!(ShellFrame::decode(&[]), Err(ShellFrameError::Empty));
        assert_eq!(ShellFrame::decode(&[9, 1]), Err(ShellFrameError::Channel(9)));
        assert!(matches!(ShellFrame::decode(&[3, b'{']), Err(ShellFrameError::Control(_))));
    }

    #[test]
    fn queries_survive_as_pairs_and_say_what_is_wrong() {
        let query = ShellQuery {
            service: "web".into(),
            replica: 1,
            tty: true,
            stdin: true,
            size: Some((24, 80)),
            command: vec!["sh".into(), "-c".into(), "echo a b".into()],
        };
        let pairs = query.to_pairs();
        let back = ShellQuery::from_pairs(pairs.iter().map(|(n, v)| (*n, v.as_str()))).unwrap();
        assert_eq!(back, query);
        assert!(ShellQuery::from_pairs([("service", "web")]).unwrap_err().contains("command is missing"));
        assert!(ShellQuery::from_pairs([("replica", "x")]).unwrap_err().contains("number from 0"));
        assert!(ShellQuery::from_pairs([("privileged", "true")]).unwrap_err().contains("nothing else"));
    }
}
