//! The application of a real node, driven without a consensus engine: whoever connects says what a block holds, at
//! which height and at which second.

use std::io::{BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{bail, Context};
use cosmrs::proto::prost::Message;
use tendermint_proto::v0_38::abci::request::Value as Ask;
use tendermint_proto::v0_38::abci::response::Value as Answer;
use tendermint_proto::v0_38::abci::{
    Request, RequestCommit, RequestFinalizeBlock, RequestFlush, RequestInitChain, RequestQuery, Response,
    ResponseFinalizeBlock,
};

/// Until a started application listens.
const START: Duration = Duration::from_secs(60);
/// Until it answers; the first block compiles four contracts.
const ANSWER: Duration = Duration::from_secs(120);
/// Of one answer: all that a contract stores, and more.
const LARGEST: usize = 256 << 20;

/// A process that ends with this value.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It holds nothing that anybody wants afterwards.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn must_run(&mut self, home: &Path) -> anyhow::Result<()> {
        if let Some(status) = self.0.try_wait()? {
            let log = std::fs::read_to_string(home.join("wasmd.log")).unwrap_or_default();
            let last = log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
            bail!("the application ended with {status}: {last}");
        }
        Ok(())
    }
}

pub struct Application {
    _process: Process,
    stream: BufReader<UnixStream>,
}

impl Application {
    /// Starts the application of a node's home.
    pub fn start(wasmd: &Path, home: &Path) -> anyhow::Result<Self> {
        let socket = home.join("abci.sock");
        let log = std::fs::File::create(home.join("wasmd.log"))?;
        let process = Command::new(wasmd)
            .args(["start", "--with-comet=false", "--transport", "socket", "--pruning", "nothing"])
            .args(["--minimum-gas-prices", "0stake", "--log_level", "error", "--grpc.enable=false"])
            .arg("--address")
            .arg(format!("unix://{}", socket.display()))
            .arg("--home")
            .arg(home)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {}", wasmd.display()))?;
        let mut process = Process(process);
        let deadline = Instant::now() + START;
        let stream = loop {
            match UnixStream::connect(&socket) {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > deadline => {
                    return Err(error).with_context(|| format!("{} does not listen", wasmd.display()));
                }
                // A socket cannot be waited for.
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
            process.must_run(home)?;
        };
        stream.set_read_timeout(Some(ANSWER))?;
        stream.set_write_timeout(Some(ANSWER))?;
        Ok(Self { _process: process, stream: BufReader::new(stream) })
    }

    /// One question and its answer; the flush makes the application send it.
    fn ask(&mut self, value: Ask) -> anyhow::Result<Answer> {
        let mut bytes = Request { value: Some(value) }.encode_length_delimited_to_vec();
        bytes.extend(Request { value: Some(Ask::Flush(RequestFlush {})) }.encode_length_delimited_to_vec());
        self.stream.get_mut().write_all(&bytes)?;
        let answer = self.read()?;
        match self.read()? {
            Answer::Flush(_) => Ok(answer),
            other => bail!("expected the end of the answer, not {other:?}"),
        }
    }

    fn read(&mut self) -> anyhow::Result<Answer> {
        let mut length = 0usize;
        for shift in (0..35).step_by(7) {
            let mut byte = [0u8];
            self.stream.read_exact(&mut byte).context("the application's answer")?;
            length |= usize::from(byte[0] & 0x7f) << shift;
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        if length > LARGEST {
            bail!("an answer of {length} bytes, more than {LARGEST}");
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        match Response::decode(&*bytes)?.value {
            Some(Answer::Exception(exception)) => bail!("the application: {}", exception.error),
            Some(answer) => Ok(answer),
            None => bail!("an empty answer"),
        }
    }

    pub fn init_chain(&mut self, request: RequestInitChain) -> anyhow::Result<()> {
        match self.ask(Ask::InitChain(request))? {
            Answer::InitChain(_) => Ok(()),
            other => bail!("expected an answer to InitChain, not {other:?}"),
        }
    }

    /// Runs a block and keeps what came of it.
    pub fn block(&mut self, request: RequestFinalizeBlock) -> anyhow::Result<ResponseFinalizeBlock> {
        let Answer::FinalizeBlock(done) = self.ask(Ask::FinalizeBlock(request))? else {
            bail!("expected an answer to FinalizeBlock");
        };
        match self.ask(Ask::Commit(RequestCommit {}))? {
            Answer::Commit(_) => Ok(done),
            other => bail!("expected an answer to Commit, not {other:?}"),
        }
    }

    /// Asks a service of the chain about the last block, as a node's `abci_query` does.
    pub fn query<A: Message + Default>(&mut self, path: &str, request: &impl Message) -> anyhow::Result<A> {
        let query = RequestQuery {
            path: path.to_owned(),
            data: request.encode_to_vec().into(),
            ..RequestQuery::default()
        };
        let Answer::Query(answer) = self.ask(Ask::Query(query))? else {
            bail!("expected an answer to {path}");
        };
        if answer.code != 0 {
            bail!("{path}: {}", answer.log);
        }
        Ok(A::decode(answer.value)?)
    }
}
