//! What is said while a command waits: on standard error, a live line where that is a terminal, plain lines
//! otherwise.

use std::collections::HashSet;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

pub struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    /// What was said already where there is no live line.
    waited: Mutex<HashSet<String>>,
    quiet: bool,
}

impl Progress {
    pub fn new(quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, started: Instant::now(), waited: Mutex::default(), quiet }
    }

    /// Time since the command began to work.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Something happened: a line that stays.
    pub fn step(&self, line: impl AsRef<str>) {
        if self.quiet {
            return;
        }
        let seconds = self.started.elapsed().as_secs_f64();
        let line = format!("{seconds:6.1}s  {}", line.as_ref());
        match &self.bar {
            Some(bar) => bar.println(line),
            None => eprintln!("{line}"),
        }
    }

    /// What is being waited for. Without a terminal each thing is said once.
    pub fn wait(&self, what: impl AsRef<str>) {
        self.wait_for(what, "");
    }

    /// The same with a detail that keeps changing, which only a terminal shows.
    pub fn wait_for(&self, what: impl AsRef<str>, detail: impl AsRef<str>) {
        let what = what.as_ref();
        match &self.bar {
            Some(bar) => bar.set_message(format!("{what}{}", detail.as_ref())),
            None => {
                let new = self.waited.lock().is_ok_and(|mut waited| waited.insert(what.to_owned()));
                if new {
                    self.step(what);
                }
            }
        }
    }

    /// Takes the live line away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
