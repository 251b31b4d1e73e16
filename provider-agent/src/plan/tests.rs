use super::*;
use proptest::prelude::*;

const RULES: Rules = Rules { decline_margin: 10 };

fn pending() -> Desired {
    Desired { active: false, version: "v1".into(), matched_version: "v1".into(), activate_until: 100 }
}

fn active() -> Desired {
    Desired { active: true, ..pending() }
}

fn with(versions: &[&str]) -> Local {
    Local {
        manifests: versions.iter().map(|v| (*v).to_owned()).collect(),
        seen_live: true,
        ..Local::default()
    }
}

fn runs(version: &str, states: &[ReplicaState]) -> Observed {
    let replica = |(n, state): (usize, &ReplicaState)| Replica {
        service: "web".into(),
        replica: n as u32,
        state: *state,
    };
    Observed::Something {
        version: version.into(),
        replicas: states.iter().enumerate().map(replica).collect(),
        whole: true,
    }
}

fn decide(desired: Desired, observed: Observed, local: Local, now: u64) -> Plan {
    plan(&Seen::Live(desired), &observed, &local, RULES, 50, now)
}

#[test]
fn a_won_lease_waits_for_its_manifest_then_runs_then_activates() {
    let waiting = decide(pending(), Observed::Nothing, with(&[]), 20);
    assert_eq!(waiting.stage, Stage::AwaitingManifest { version: "v1".into() });
    assert_eq!(waiting.actions, vec![]);
    let applying = decide(pending(), Observed::Nothing, with(&["v1"]), 20);
    assert_eq!(applying.actions, vec![Action::Apply { version: "v1".into() }]);
    let starting = decide(pending(), runs("v1", &[ReplicaState::Starting]), with(&["v1"]), 20);
    assert_eq!(starting.actions, vec![]);
    let ready = decide(pending(), runs("v1", &[ReplicaState::Running]), with(&["v1"]), 20);
    assert_eq!(ready.actions, vec![Action::Activate { version: "v1".into() }]);
    let sent = Local { answering: true, ..with(&["v1"]) };
    assert_eq!(decide(pending(), runs("v1", &[ReplicaState::Running]), sent, 20).actions, vec![]);
    let paid = decide(active(), runs("v1", &[ReplicaState::Running]), with(&["v1"]), 20);
    assert_eq!((paid.stage, paid.actions), (Stage::Active, vec![]));
}

#[test]
fn a_version_that_is_not_all_here_waits_and_is_declined_in_time_with_what_is_missing() {
    let missing = ContentStatus { id: "ab".into(), size: 9, needed: true, done: 0, total: 1 };
    let lacks = Lacks::Contents(vec![missing]);
    let lacking = |versions: &[&str], of: &str| Local {
        lacks: BTreeMap::from([(of.to_owned(), lacks.clone())]),
        ..with(versions)
    };
    let stage = |version: &str| Stage::Lacking { version: version.into(), lacks: lacks.clone() };
    let waiting = decide(pending(), Observed::Nothing, lacking(&["v1"], "v1"), 20);
    assert_eq!((waiting.stage, waiting.actions), (stage("v1"), vec![]));
    let late = decide(pending(), Observed::Nothing, lacking(&["v1"], "v1"), 90);
    assert!(
        matches!(&late.actions[..], [Action::Decline { reason }] if reason.contains("content ab")),
        "{late:?}"
    );

    // An older version goes on, and is started again when it crashed.
    let new = Desired { version: "v2".into(), ..active() };
    let crashed = Local { may_restart: [("web".to_owned(), 0)].into(), ..lacking(&["v1", "v2"], "v2") };
    let updating = decide(new, runs("v1", &[ReplicaState::Ended]), crashed, 20);
    assert_eq!(updating.stage, stage("v2"));
    assert!(
        matches!(&updating.actions[..], [Action::Start { version, .. }] if version == "v1"),
        "{updating:?}"
    );

    // What runs has all that it took.
    let lost = decide(active(), runs("v1", &[ReplicaState::Running]), lacking(&["v1"], "v1"), 20);
    assert_eq!((lost.stage, lost.actions), (Stage::Active, vec![]));
}

#[test]
fn a_lease_that_cannot_run_is_declined_before_its_window_ends_and_not_earlier() {
    assert_eq!(decide(pending(), Observed::Nothing, with(&[]), 89).actions, vec![]);
    let late = decide(pending(), Observed::Nothing, with(&[]), 90);
    assert!(matches!(&late.actions[..], [Action::Decline { reason }] if reason.contains("v1")), "{late:?}");
    // After the window a decline is refused by the chain and would only cost.
    assert_eq!(decide(pending(), Observed::Nothing, with(&[]), 101).actions, vec![]);
    let failed = Failure {
        version: "v1".into(),
        code: "image_missing".into(),
        message: "no image".into(),
        what_to_do: String::new(),
        retry_now: false,
    };
    let broken = Local { failed: Some(failed.clone()), ..with(&["v1"]) };
    assert_eq!(decide(pending(), Observed::Nothing, broken.clone(), 20).stage, Stage::Failed(failed.clone()));
    let late = decide(pending(), Observed::Nothing, broken, 95);
    assert_eq!(late.actions, vec![Action::Decline { reason: "no image".into() }]);
    let again = Local { failed: Some(Failure { retry_now: true, ..failed }), ..with(&["v1"]) };
    assert_eq!(
        decide(pending(), Observed::Nothing, again, 20).actions,
        vec![Action::Apply { version: "v1".into() }]
    );
    let crashing = decide(pending(), runs("v1", &[ReplicaState::Ended]), with(&["v1"]), 95);
    assert!(matches!(&crashing.actions[..], [Action::Decline { .. }]), "{crashing:?}");
}

#[test]
fn a_new_version_waits_for_its_manifest_while_the_old_one_runs() {
    let updated = Desired { version: "v2".into(), ..active() };
    let running = || runs("v1", &[ReplicaState::Running]);
    let waiting = decide(updated.clone(), running(), with(&["v1"]), 20);
    assert_eq!(waiting.actions, vec![]);
    assert_eq!(waiting.stage, Stage::AwaitingManifest { version: "v2".into() });
    let rolling = decide(updated, running(), with(&["v1", "v2"]), 20);
    assert_eq!(rolling.actions, vec![Action::Apply { version: "v2".into() }]);
    assert_eq!(rolling.stage, Stage::Updating { version: "v2".into() });
}

#[test]
fn before_activation_the_version_at_the_match_will_do() {
    let updated = Desired { version: "v2".into(), ..pending() };
    let plan = decide(updated, runs("v1", &[ReplicaState::Running]), with(&["v1"]), 20);
    assert_eq!(plan.actions, vec![Action::Activate { version: "v1".into() }]);
}

#[test]
fn crashed_containers_start_again_only_after_their_pause() {
    let crashed = || runs("v1", &[ReplicaState::Running, ReplicaState::Ended]);
    assert_eq!(decide(active(), crashed(), with(&["v1"]), 20).actions, vec![]);
    let local = Local { may_restart: [("web".to_owned(), 1)].into(), ..with(&["v1"]) };
    let wanted = vec![Action::Start { version: "v1".into(), replicas: vec![("web".into(), 1)] }];
    assert_eq!(decide(active(), crashed(), local.clone(), 20).actions, wanted);
    // A chain that does not answer does not keep a crashed service down.
    assert_eq!(plan(&Seen::Unknown, &crashed(), &local, RULES, 50, 20).actions, wanted);
}

#[test]
fn without_its_manifest_what_runs_is_adopted_and_what_is_gone_is_asked_for() {
    let adopted = decide(active(), runs("v1", &[ReplicaState::Running]), with(&[]), 20);
    assert_eq!((adopted.stage, adopted.actions), (Stage::Active, vec![]));
    let partial = Observed::Something { version: "v1".into(), replicas: vec![], whole: false };
    let asked = decide(active(), partial, with(&[]), 20);
    assert_eq!((asked.stage, asked.actions), (Stage::AwaitingManifest { version: "v1".into() }, vec![]));
}

#[test]
fn an_end_counts_only_at_two_heights() {
    let seen = Seen::Over { reason: "tenant_closed".into(), settled: true };
    let observed = || runs("v1", &[ReplicaState::Running]);
    let first = plan(&seen, &observed(), &with(&[]), RULES, 50, 20);
    assert_eq!(first.actions, vec![Action::RememberOver]);
    let once = Local { over_at: Some(50), ..with(&[]) };
    assert_eq!(plan(&seen, &observed(), &once, RULES, 50, 20).actions, vec![]);
    let second = plan(&seen, &observed(), &once, RULES, 51, 20);
    assert!(second.actions.contains(&Action::Remove), "{second:?}");
    // A later read that says the opposite starts the count anew.
    let alive = plan(&Seen::Live(active()), &observed(), &once, RULES, 51, 20);
    assert_eq!(alive.actions, vec![Action::ForgetOver]);
}

#[test]
fn unknown_never_removes_anything() {
    for observed in [Observed::Nothing, Observed::Unknown, runs("v1", &[ReplicaState::Running])] {
        let local = Local { over_at: Some(1), ..with(&["v1"]) };
        assert_eq!(plan(&Seen::Unknown, &observed, &local, RULES, 50, 20).actions, vec![]);
    }
    let vanished = plan(&Seen::Absent, &runs("v1", &[ReplicaState::Running]), &with(&[]), RULES, 50, 20);
    assert!(matches!(&vanished.actions[..], [Action::Alarm { .. }]));
    // A label that this chain never had a lease for is an orphan.
    let orphan = Local { over_at: Some(49), ..Local::default() };
    let collected = plan(&Seen::Absent, &runs("v1", &[ReplicaState::Running]), &orphan, RULES, 50, 20);
    assert!(collected.actions.contains(&Action::Remove));
}

// ---- any history, with a crash after any step, ends in the same place

/// A world small enough to play many histories in: one lease, one engine, one database.
#[derive(Clone, Debug)]
struct World {
    height: u64,
    now: u64,
    chain: Seen,
    /// The chain answers.
    reachable: bool,
    engine: Option<(String, Vec<ReplicaState>)>,
    stored: Local,
    activations: u32,
    declines: u32,
    collected: bool,
    unpaid_removals: u32,
    tenant_sends: bool,
}

#[derive(Clone, Debug)]
enum Happens {
    Block,
    TenantSendsManifest,
    NewVersion,
    TenantCloses,
    Crash,
    ContainerRemovedByHand,
    ChainSilent,
    ChainBack,
    Work { steps: usize },
    DatabaseLost,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => Just(Happens::Block),
        2 => Just(Happens::TenantSendsManifest),
        1 => Just(Happens::NewVersion),
        1 => Just(Happens::TenantCloses),
        1 => Just(Happens::Crash),
        1 => Just(Happens::ContainerRemovedByHand),
        1 => Just(Happens::ChainSilent),
        2 => Just(Happens::ChainBack),
        // Few steps are a crash in the middle of a plan.
        4 => (0usize..4).prop_map(|steps| Happens::Work { steps }),
        1 => Just(Happens::DatabaseLost),
    ]
}

impl World {
    fn new() -> Self {
        Self {
            height: 10,
            now: 10,
            chain: Seen::Live(Desired { activate_until: 10_000, ..pending() }),
            reachable: true,
            engine: None,
            stored: Local::default(),
            activations: 0,
            declines: 0,
            collected: false,
            unpaid_removals: 0,
            tenant_sends: false,
        }
    }

    fn seen(&self) -> Seen {
        if self.reachable {
            self.chain.clone()
        } else {
            Seen::Unknown
        }
    }

    fn observed(&self) -> Observed {
        match &self.engine {
            None => Observed::Nothing,
            Some((version, replicas)) => match runs(version, replicas) {
                Observed::Something { version, replicas, .. } => {
                    let whole = replicas.len() == 2;
                    Observed::Something { version, replicas, whole }
                }
                other => other,
            },
        }
    }

    fn plan(&self) -> Plan {
        let mut local = self.stored.clone();
        local.seen_live |= matches!(self.seen(), Seen::Live(_));
        local.may_restart = [("web".to_owned(), 0), ("web".to_owned(), 1)].into();
        local.paid_out = self.collected;
        plan(&self.seen(), &self.observed(), &local, RULES, self.height, self.now)
    }

    /// Does at most `steps` actions of one plan; the rest is lost as in a crash.
    fn work(&mut self, steps: usize) -> usize {
        let plan = self.plan();
        let count = plan.actions.len();
        for action in plan.actions.into_iter().take(steps) {
            match action {
                Action::Apply { version } => self.engine = Some((version, vec![ReplicaState::Running; 2])),
                Action::Start { replicas, .. } => {
                    if let Some((_, states)) = &mut self.engine {
                        for (_, n) in replicas {
                            states[n as usize] = ReplicaState::Running;
                        }
                    }
                }
                Action::Activate { version } => {
                    if let Seen::Live(desired) = &mut self.chain {
                        assert!(!desired.active, "activated twice");
                        assert!(version == desired.version || version == desired.matched_version);
                        desired.active = true;
                        self.activations += 1;
                    }
                }
                Action::Decline { .. } => self.declines += 1,
                Action::RememberOver => self.stored.over_at = Some(self.height),
                Action::ForgetOver => self.stored.over_at = None,
                Action::Remove => {
                    if matches!(self.chain, Seen::Live(_)) {
                        self.unpaid_removals += 1;
                    }
                    self.engine = None;
                    self.stored.removed = true;
                }
                Action::Collect => self.collected = true,
                Action::Forget => self.stored = Local::default(),
                Action::Alarm { .. } => {}
            }
        }
        count
    }

    fn happen(&mut self, what: &Happens) {
        match what {
            Happens::Block => {
                self.height += 1;
                self.now += 1;
            }
            Happens::TenantSendsManifest => {
                self.tenant_sends = true;
                if let Seen::Live(desired) = &self.chain {
                    self.stored.manifests.insert(desired.version.clone());
                }
            }
            Happens::NewVersion => {
                if let Seen::Live(desired) = &mut self.chain {
                    desired.version = format!("{}x", desired.version);
                }
            }
            Happens::TenantCloses => {
                self.chain = Seen::Over { reason: "tenant_closed".into(), settled: true }
            }
            Happens::Crash => {
                if let Some((_, states)) = &mut self.engine {
                    if let Some(first) = states.first_mut() {
                        *first = ReplicaState::Ended;
                    }
                }
            }
            Happens::ContainerRemovedByHand => {
                if let Some((_, states)) = &mut self.engine {
                    states.pop();
                    if states.is_empty() {
                        self.engine = None;
                    }
                }
            }
            Happens::ChainSilent => self.reachable = false,
            Happens::ChainBack => self.reachable = true,
            Happens::Work { steps } => {
                self.work(*steps);
            }
            Happens::DatabaseLost => self.stored = Local::default(),
        }
    }
}

proptest! {
    #[test]
    fn every_history_ends_where_the_chain_says(history in proptest::collection::vec(happens(), 0..60)) {
        let mut world = World::new();
        for what in &history {
            world.happen(what);
        }
        // Then everything is well: the chain answers, blocks come, the tenant sends what is asked for.
        world.happen(&Happens::ChainBack);
        let mut idle = 0;
        for _ in 0..40 {
            world.happen(&Happens::TenantSendsManifest);
            world.happen(&Happens::Block);
            idle = if world.work(usize::MAX) == 0 { idle + 1 } else { 0 };
        }
        prop_assert_eq!(world.unpaid_removals, 0, "a live lease was removed");
        prop_assert!(world.activations <= 1);
        prop_assert_eq!(world.declines, 0);
        match &world.chain {
            Seen::Live(desired) => {
                prop_assert!(desired.active);
                prop_assert_eq!(&world.engine, &Some((desired.version.clone(), vec![ReplicaState::Running; 2])));
                prop_assert!(idle > 5, "it does not come to rest");
            }
            _ => {
                prop_assert_eq!(&world.engine, &None);
                prop_assert!(world.collected);
            }
        }
    }
}
