//! What to do about one lease: a pure function of what the chain says, what runs, and what is remembered. Applying
//! its actions and planning again ends in a plan without actions, from any state that a crash may leave.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use content::ContentRef;
use gateway_api::ContentStatus;

/// What the chain says, as far as it could be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Live(Desired),
    /// Its time is over or it has ended: what runs for it is unpaid.
    Over {
        reason: String,
        settled: bool,
    },
    /// The chain has no such lease.
    Absent,
    /// The chain could not be asked, or may not be believed.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// Activated and paid; otherwise it waits for our activation.
    pub active: bool,
    /// The deployment's current version, in hex.
    pub version: String,
    /// The version at the match, which may be activated as well.
    pub matched_version: String,
    /// Seconds since the epoch; the last second of the activation window.
    pub activate_until: u64,
}

/// One container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    pub service: String,
    pub replica: u32,
    pub state: ReplicaState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaState {
    /// Created and not yet started, or just being started.
    Starting,
    Running,
    Paused,
    Ended,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// The engine could not be asked.
    Unknown,
    /// There is nothing of this lease in the engine.
    Nothing,
    /// Something of it, of this version. `whole` says that all parts of this version are there, running or not.
    Something { version: String, replicas: Vec<Replica>, whole: bool },
}

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Local {
    /// Versions whose verified manifest is here.
    pub manifests: BTreeSet<String>,
    /// The height of the first successful read that said the lease is over.
    pub over_at: Option<u64>,
    /// The lease was seen on this chain.
    pub seen_live: bool,
    /// Removed before.
    pub removed: bool,
    /// What is missing of each of these versions that is not all here.
    pub lacks: BTreeMap<String, Lacks>,
    /// Why the latest attempt to run it failed, and the earliest moment (seconds) of the next one.
    pub failed: Option<Failure>,
    /// Containers that may be started again now, by service and replica; others wait for their pause to end.
    pub may_restart: BTreeSet<(String, u32)>,
    /// An activation or a decline is under way.
    pub answering: bool,
    /// All money of the lease has been withdrawn.
    pub paid_out: bool,
}

/// What a version cannot run without, and is not here beside its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lacks {
    Contents(Vec<ContentStatus>),
}

impl Lacks {
    /// What other participants may have.
    pub fn contents(&self) -> Vec<ContentRef> {
        let Self::Contents(missing) = self;
        let reference = |one: &ContentStatus| Some(ContentRef { id: one.id.parse().ok()?, size: one.size });
        missing.iter().filter_map(reference).collect()
    }
}

impl fmt::Display for Lacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Contents(missing) = self;
        let each: Vec<String> = missing.iter().map(ToString::to_string).collect();
        write!(f, "not all that the manifest carries has come: {}", each.join("; "))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The version that failed.
    pub version: String,
    /// A word that programs can match.
    pub code: String,
    pub message: String,
    pub what_to_do: String,
    /// Whether the pause before the next attempt is over.
    pub retry_now: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make the engine run exactly this version.
    Apply {
        version: String,
    },
    /// Start these containers of the version that runs.
    Start {
        version: String,
        replicas: Vec<(String, u32)>,
    },
    Activate {
        version: String,
    },
    Decline {
        reason: String,
    },
    /// Note the height at which the lease was first seen to be over.
    RememberOver,
    /// Note that it is alive after all.
    ForgetOver,
    /// Remove everything of it from the engine, and free its ports and inventory.
    Remove,
    /// Take what it has earned.
    Collect,
    /// Nothing of it is left anywhere: drop its rows.
    Forget,
    /// Say loudly that chain and memory disagree.
    Alarm {
        message: String,
    },
}

/// Where the lease stands, for its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    Unknown,
    AwaitingManifest {
        version: String,
    },
    /// The manifest is here, and not all that its services need.
    Lacking {
        version: String,
        lacks: Lacks,
    },
    Starting {
        version: String,
    },
    Updating {
        version: String,
    },
    Activating,
    Active,
    Ending {
        reason: String,
    },
    Ended {
        reason: String,
    },
    Failed(Failure),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub actions: Vec<Action>,
    pub stage: Stage,
    /// Look again after this time at the latest; none when the next event or resync is soon enough.
    pub again: Option<Duration>,
}

/// Bounds of time that the plan goes by.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Seconds before the end of the activation window at which a lease that cannot run is declined.
    pub decline_margin: u64,
}

/// The pause between two looks at something that needs a moment.
const SOON: Duration = Duration::from_millis(250);

/// Plans one lease at a height and the time of its block.
pub fn plan(seen: &Seen, observed: &Observed, local: &Local, rules: Rules, height: u64, now: u64) -> Plan {
    match seen {
        Seen::Unknown => keep_running(observed, local),
        Seen::Over { reason, settled } => over(reason, *settled, observed, local, height),
        Seen::Absent if local.seen_live => Plan {
            actions: vec![Action::Alarm {
                message: "the chain does not know a lease that was live before; nothing is removed"
                    .to_owned(),
            }],
            stage: Stage::Unknown,
            again: None,
        },
        Seen::Absent => over("no such lease on the chain", true, observed, local, height),
        Seen::Live(desired) => {
            let mut plan = live(desired, observed, local, rules, now);
            if local.over_at.is_some() {
                plan.actions.insert(0, Action::ForgetOver);
            }
            plan
        }
    }
}

/// Nothing was learned from the chain: what runs goes on running, and is started again when it crashed.
fn keep_running(observed: &Observed, local: &Local) -> Plan {
    let mut actions = Vec::new();
    if let Observed::Something { version, replicas, whole: true } = observed {
        actions.extend(restarts(version, replicas, local));
    }
    Plan { actions, stage: Stage::Unknown, again: None }
}

/// An end counts once it was read at two heights.
fn over(reason: &str, settled: bool, observed: &Observed, local: &Local, height: u64) -> Plan {
    let reason = reason.to_owned();
    let mut actions = Vec::new();
    // Over and done with: neither here nor in the engine is anything of it.
    if *observed == Observed::Nothing && !local.seen_live && settled && local.paid_out {
        return Plan { actions, stage: Stage::Ended { reason }, again: None };
    }
    let Some(first) = local.over_at else {
        return Plan {
            actions: vec![Action::RememberOver],
            stage: Stage::Ending { reason },
            again: Some(SOON),
        };
    };
    if height <= first {
        return Plan { actions, stage: Stage::Ending { reason }, again: Some(SOON) };
    }
    let gone = match observed {
        Observed::Nothing => {
            if !local.removed {
                actions.push(Action::Remove);
            }
            true
        }
        Observed::Something { .. } => {
            actions.push(Action::Remove);
            false
        }
        // The engine does not answer: later.
        Observed::Unknown => false,
    };
    if !local.paid_out {
        actions.push(Action::Collect);
    }
    let finished = gone && local.removed && local.paid_out && settled;
    if finished {
        actions.push(Action::Forget);
    }
    let stage = if gone && local.removed { Stage::Ended { reason } } else { Stage::Ending { reason } };
    let again = (!gone || !local.removed).then_some(SOON);
    Plan { actions, stage, again }
}

fn live(desired: &Desired, observed: &Observed, local: &Local, rules: Rules, now: u64) -> Plan {
    let running = match observed {
        Observed::Unknown => {
            let actions = decline_in_time(desired, local, rules, now, "the engine does not answer");
            return Plan { actions, stage: Stage::Unknown, again: Some(Duration::from_secs(1)) };
        }
        Observed::Nothing => None,
        Observed::Something { version, replicas, whole } => Some((version, replicas, *whole)),
    };
    let wanted = wanted(desired, running.map(|(version, ..)| version.as_str()), local);
    let Some(wanted) = wanted else {
        let version = desired.version.clone();
        let actions = decline_in_time(
            desired,
            local,
            rules,
            now,
            &format!("no manifest of version {version} was sent"),
        );
        return Plan {
            actions,
            stage: Stage::AwaitingManifest { version },
            again: deadline(desired, rules, now),
        };
    };
    if let Some(failure) = local.failed.as_ref().filter(|f| f.version == wanted && !f.retry_now) {
        let actions = decline_in_time(desired, local, rules, now, &failure.message);
        return Plan { actions, stage: Stage::Failed(failure.clone()), again: deadline(desired, rules, now) };
    }
    let runs_whole = running.filter(|(_, _, whole)| *whole);
    if let Some(lacks) = local.lacks.get(&wanted) {
        let text = lacks.to_string();
        match runs_whole {
            // What came before was all that it took to start.
            Some((version, ..)) if *version == wanted => {}
            older => {
                let mut actions = decline_in_time(desired, local, rules, now, &text);
                actions.extend(older.and_then(|(version, replicas, _)| restarts(version, replicas, local)));
                let stage = Stage::Lacking { version: wanted, lacks: lacks.clone() };
                return Plan { actions, stage, again: deadline(desired, rules, now) };
            }
        }
    }
    match running {
        Some((version, replicas, true)) if *version == wanted => {
            settle_replicas(desired, version, replicas, local, rules, now)
        }
        // Parts of it are gone, and only its tenant can say again what they were.
        _ if !local.manifests.contains(&wanted) => {
            let text = format!("parts of version {wanted} are gone and its manifest was not sent again");
            let actions = decline_in_time(desired, local, rules, now, &text);
            let stage = Stage::AwaitingManifest { version: desired.version.clone() };
            Plan { actions, stage, again: deadline(desired, rules, now) }
        }
        _ => {
            let stage = match (&local.failed, desired.active && running.is_some()) {
                (Some(failure), _) if failure.version == wanted => Stage::Failed(failure.clone()),
                (_, true) => Stage::Updating { version: wanted.clone() },
                (_, false) => Stage::Starting { version: wanted.clone() },
            };
            Plan { actions: vec![Action::Apply { version: wanted }], stage, again: Some(SOON) }
        }
    }
}

/// The version to run: the current one when its manifest is here; before activation also the one at the match; else
/// what runs already.
fn wanted(desired: &Desired, running: Option<&str>, local: &Local) -> Option<String> {
    let held = |version: &String| local.manifests.contains(version) || running == Some(version.as_str());
    if held(&desired.version) {
        return Some(desired.version.clone());
    }
    if !desired.active && held(&desired.matched_version) {
        return Some(desired.matched_version.clone());
    }
    // An older version goes on until the new one is sent.
    running.filter(|_| desired.active).map(str::to_owned)
}

fn settle_replicas(
    desired: &Desired,
    version: &str,
    replicas: &[Replica],
    local: &Local,
    rules: Rules,
    now: u64,
) -> Plan {
    let all_run = !replicas.is_empty() && replicas.iter().all(|r| r.state == ReplicaState::Running);
    let mut actions: Vec<Action> = restarts(version, replicas, local).into_iter().collect();
    if desired.active {
        let stage = if *version == desired.version || local.manifests.contains(&desired.version) {
            Stage::Active
        } else {
            Stage::AwaitingManifest { version: desired.version.clone() }
        };
        let starting = replicas.iter().any(|r| r.state == ReplicaState::Starting);
        return Plan { actions, stage, again: starting.then_some(SOON) };
    }
    if !all_run {
        let text = "not all of its services keep running";
        actions.extend(decline_in_time(desired, local, rules, now, text));
        let stage = Stage::Starting { version: version.to_owned() };
        return Plan { actions, stage, again: Some(SOON) };
    }
    if !local.answering && now <= desired.activate_until {
        actions.push(Action::Activate { version: version.to_owned() });
    }
    Plan { actions, stage: Stage::Activating, again: None }
}

/// Containers that ended or were paused by hand, and whose pause is over.
fn restarts(version: &str, replicas: &[Replica], local: &Local) -> Option<Action> {
    let down: Vec<(String, u32)> = replicas
        .iter()
        .filter(|r| matches!(r.state, ReplicaState::Ended | ReplicaState::Paused))
        .map(|r| (r.service.clone(), r.replica))
        .filter(|key| local.may_restart.contains(key))
        .collect();
    (!down.is_empty()).then(|| Action::Start { version: version.to_owned(), replicas: down })
}

fn decline_in_time(desired: &Desired, local: &Local, rules: Rules, now: u64, reason: &str) -> Vec<Action> {
    let late = now.saturating_add(rules.decline_margin) >= desired.activate_until;
    if !desired.active && !local.answering && late && now <= desired.activate_until {
        vec![Action::Decline { reason: reason.to_owned() }]
    } else {
        vec![]
    }
}

/// When to look again so that a decline is not missed.
fn deadline(desired: &Desired, rules: Rules, now: u64) -> Option<Duration> {
    let at = desired.activate_until.saturating_sub(rules.decline_margin);
    (!desired.active).then(|| Duration::from_secs(at.saturating_sub(now)).max(SOON))
}

#[cfg(test)]
mod tests;
