//! Gets one item from all participants that can be reached.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use content::StoreError;
use rand::seq::SliceRandom;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::peer::{Ask, End, Report, Reports};
use crate::picker::{PeerKey, Picker};
use crate::target::Target;
use crate::{BadPeer, Exchange, Fetched, Item, Participant, Progress};

/// Reports that wait; who reports more waits with them.
const REPORTS: usize = 64;

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The disk failed; whatever peers do cannot help.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A connection under way.
struct Link {
    account: String,
    commands: mpsc::Sender<u32>,
    task: AbortHandle,
    joined: bool,
}

/// When an account is tried again.
struct Retry {
    failures: u32,
    at: Instant,
}

struct Fetch<'a> {
    exchange: &'a Arc<Exchange>,
    deployment: u64,
    item: Item,
    target: Arc<Target>,
    progress: &'a watch::Sender<Progress>,
    picker: Picker,
    links: HashMap<PeerKey, Link>,
    retries: HashMap<String, Retry>,
    banned: HashSet<String>,
    /// Ends all connections when the fetch ends, however it ends.
    tasks: JoinSet<(PeerKey, End)>,
    reports: mpsc::Sender<(PeerKey, Report)>,
    next_key: PeerKey,
}

impl Exchange {
    /// Gets the item from the other participants, and goes on until it is here: peers that fail are tried again,
    /// new ones are found, and what came before a break is kept. Dropping the future ends it. `progress` says how
    /// far it is and what stands in the way.
    pub async fn fetch(
        self: &Arc<Self>,
        deployment: u64,
        item: Item,
        progress: &watch::Sender<Progress>,
    ) -> Result<Fetched, FetchError> {
        loop {
            let target = Arc::new(Target::open(&self.store, item).await?);
            let (reports, mut inbox) = mpsc::channel(REPORTS);
            let have = target.have();
            let mut fetch = Fetch {
                exchange: self,
                deployment,
                item,
                progress,
                picker: Picker::new(&have),
                links: HashMap::new(),
                retries: HashMap::new(),
                banned: HashSet::new(),
                tasks: JoinSet::new(),
                reports,
                next_key: 0,
                target: target.clone(),
            };
            progress.send_modify(|p| {
                *p = Progress { total: have.len(), done: have.count(), ..Progress::default() }
            });
            fetch.run(&mut inbox).await?;
            // Nothing is missing by the account of what came; a chunk may have been found spoilt since.
            if let Some(fetched) = target.whole() {
                self.announce();
                return Ok(fetched);
            }
        }
    }
}

impl Fetch<'_> {
    async fn run(&mut self, inbox: &mut mpsc::Receiver<(PeerKey, Report)>) -> Result<(), StoreError> {
        let mut look = tokio::time::interval(self.exchange.config.look);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !self.picker.is_done() {
            tokio::select! {
                _ = look.tick() => self.look().await,
                // The sender is kept here, so there is always another report to wait for.
                Some((peer, report)) = inbox.recv() => self.learn(peer, report),
                Some(ended) = self.tasks.join_next_with_id() => {
                    let (key, end) = match ended {
                        Ok((_, ended)) => ended,
                        // Cut off from here, or a panic: the connection is gone in both cases.
                        Err(e) => match self.links.iter().find(|(_, link)| link.task.id() == e.id()) {
                            Some((key, _)) => (*key, End::Lost("its task failed".to_owned())),
                            None => continue,
                        },
                    };
                    self.ended(key, end)?;
                }
            }
            self.ask();
            self.tell();
        }
        Ok(())
    }

    /// Compares who takes part with who is connected, and closes the difference.
    async fn look(&mut self) {
        let mut others: Vec<Participant> = match self.exchange.host.participants(self.deployment).await {
            Ok(all) => all,
            Err(unknown) => {
                self.problem(format!("the chain cannot be asked who takes part: {unknown}"));
                return;
            }
        };
        others.retain(|one| one.account != self.exchange.account && !one.endpoints.is_empty());
        let gone: Vec<PeerKey> = self
            .links
            .iter()
            .filter(|(_, link)| !others.iter().any(|one| one.account == link.account))
            .map(|(key, _)| *key)
            .collect();
        for key in gone {
            if let Some(link) = self.links.remove(&key) {
                link.task.abort();
                self.picker.left(key);
            }
        }
        self.retries.retain(|account, _| others.iter().any(|one| one.account == *account));
        let count = others.len() as u32;
        self.progress.send_if_modified(|p| std::mem::replace(&mut p.participants, count) != count);
        if others.is_empty() {
            self.problem("nobody else takes part in the deployment and can be asked".to_owned());
        }
        others.shuffle(&mut rand::rng());
        for peer in others {
            let known = self.links.values().any(|link| link.account == peer.account);
            let early = self.retries.get(&peer.account).is_some_and(|retry| Instant::now() < retry.at);
            if !known && !early && !self.banned.contains(&peer.account) {
                if self.links.len() >= self.exchange.config.max_peers {
                    break;
                }
                self.dial(peer);
            }
        }
    }

    fn dial(&mut self, peer: Participant) {
        self.next_key += 1;
        let key = self.next_key;
        let (commands, orders) = mpsc::channel(self.exchange.config.pipeline.max(1));
        let ask = Ask {
            exchange: self.exchange.clone(),
            target: self.target.clone(),
            deployment: self.deployment,
            item: self.item,
        };
        let reports = Reports { key, to: self.reports.clone() };
        let account = peer.account.clone();
        let task = self.tasks.spawn(async move { (key, ask.run(peer, orders, reports).await) });
        self.links.insert(key, Link { account, commands, task, joined: false });
    }

    fn learn(&mut self, key: PeerKey, report: Report) {
        match report {
            // It is here also when its peer has ended since.
            Report::Got { piece } => self.picker.got(key, piece),
            _ if !self.links.contains_key(&key) => {}
            Report::Joined { has } => {
                if let Some(link) = self.links.get_mut(&key) {
                    link.joined = true;
                    self.retries.remove(&link.account);
                }
                self.progress.send_if_modified(|p| p.problem.take().is_some());
                self.picker.joined(key, has);
            }
            Report::Has { pieces } => {
                self.picker.has(key, &pieces);
            }
            Report::Lacks { piece } => self.picker.lacks(key, piece),
        }
    }

    fn ended(&mut self, key: PeerKey, end: End) -> Result<(), StoreError> {
        self.picker.left(key);
        let Some(link) = self.links.remove(&key) else { return Ok(()) };
        let account = link.account;
        match end {
            End::Store(e) => return Err(e),
            End::Bad(reason) => {
                tracing::warn!(account, reason, item = %self.item, "exchange: a peer is not asked again");
                self.problem(format!("{account} is not asked again: {reason}"));
                self.progress.send_modify(|p| p.bad.push(BadPeer { account: account.clone(), reason }));
                self.banned.insert(account);
            }
            End::Lost(reason) => {
                tracing::debug!(account, reason, item = %self.item, "exchange: a peer was lost");
                self.problem(format!("{account}: {reason}"));
                let (first, longest) = self.exchange.config.backoff;
                let retry = self.retries.entry(account).or_insert(Retry { failures: 0, at: Instant::now() });
                let pause = first.saturating_mul(1 << retry.failures.min(16)).min(longest);
                retry.failures = retry.failures.saturating_add(1);
                retry.at = Instant::now() + pause.max(Duration::from_millis(1));
            }
        }
        Ok(())
    }

    /// Keeps every peer busy.
    fn ask(&mut self) {
        for (key, link) in &self.links {
            for piece in self.picker.pick(*key, self.exchange.config.pipeline, &mut rand::rng()) {
                // There is room for as many as are ever under way; a peer that has ended is noticed by its end.
                let _ = link.commands.try_send(piece);
            }
        }
    }

    fn tell(&self) {
        let connected = self.links.values().filter(|link| link.joined).count() as u32;
        let missing = self.picker.missing();
        self.progress.send_if_modified(|p| {
            let done = p.total - missing;
            let news = (p.done, p.connected) != (done, connected);
            (p.done, p.connected) = (done, connected);
            news
        });
    }

    fn problem(&self, problem: String) {
        self.progress.send_modify(|p| p.problem = Some(problem));
    }
}
