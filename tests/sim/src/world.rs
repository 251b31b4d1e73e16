//! The contracts and the model side by side.

use std::collections::BTreeMap;

use cosmwasm_std::{Addr, Event};
use testing::{ProviderKeys, Suite, SuiteBuilder, DENOM, PURSE};

use crate::model::{Bank, Certificate, Model, Owned, Weights};
use crate::op::{coins, Message, Op};
use crate::stats::Stats;
use crate::{check, drain, generate};

/// Stake is in the first.
pub const DENOMS: [&str; 2] = [DENOM, "uusd"];
const PROVIDERS: usize = 5;
const TENANTS: usize = 3;

/// Who plays.
pub struct Cast {
    pub tenants: Vec<Addr>,
    pub providers: Vec<ProviderKeys>,
    pub stranger: Addr,
    /// Accounts with money that send what anyone may.
    pub people: Vec<Addr>,
    /// All accounts, with money or not.
    pub everyone: Vec<Addr>,
}

pub struct World {
    pub suite: Suite,
    pub model: Model,
    pub cast: Cast,
    pub stats: Stats,
    digest: u64,
    /// What the chain answered to the last operation: events, or why it refused.
    pub outcome: Result<Vec<Event>, String>,
    /// The bank's digest and the model's balances when they were last found equal.
    balanced: (u64, Bank),
    /// Everything is compared after so many operations, what an operation names after each.
    pub full_every: u64,
}

impl World {
    /// The suite with every provider registered, staked and with a root, by operations that are compared as all are.
    pub fn new(full_every: u64) -> Result<Self, String> {
        Self::begin(Suite::builder(), full_every, |_, _| ())
    }

    /// The same, with accounts as the builder names them; `played` sees the operations of the beginning.
    pub fn begin(
        builder: SuiteBuilder,
        full_every: u64,
        mut played: impl FnMut(&Self, &Op),
    ) -> Result<Self, String> {
        let mut suite = builder.providers(PROVIDERS).tenants(TENANTS).denoms(&DENOMS).strangers().build();
        let stranger = suite.account("stranger");
        for denom in DENOMS {
            suite.fund(&stranger, PURSE, denom);
        }
        let mut people = suite.tenants.clone();
        people.extend(suite.providers.iter().flat_map(|keys| [keys.owner.clone(), keys.operator.clone()]));
        people.extend([suite.owner.clone(), stranger.clone()]);
        let mut everyone = people.clone();
        everyone.extend(suite.providers.iter().map(|keys| keys.payout.clone()));
        everyone.push(suite.treasury.clone());
        let cast = Cast {
            tenants: suite.tenants.clone(),
            providers: suite.providers.clone(),
            stranger,
            people,
            everyone,
        };
        let model = start(&suite, &cast);
        let digest = suite.app.storage().digest();
        let balanced = (suite.app.storage().bank_digest(), model.bank.clone());
        let mut world = Self {
            suite,
            model,
            cast,
            stats: Stats::default(),
            digest,
            outcome: Ok(vec![]),
            balanced,
            full_every,
        };
        for n in 0..PROVIDERS {
            for op in world.preparation(n) {
                world.accepted(op.clone())?;
                played(&world, &op);
            }
        }
        world.stats = Stats::default();
        Ok(world)
    }

    /// What makes a provider that may win.
    fn preparation(&self, n: usize) -> Vec<Op> {
        let keys = self.cast.providers[n].clone();
        let now = self.model.now;
        let register = registry_api::ExecuteMsg::Register {
            payout: Some(keys.payout.to_string()),
            endpoints: vec!["https://p.example:8443".into()],
            attributes: vec![registry_api::Attribute::new("region", "eu-west")],
            contact: None,
        };
        let add = registry_api::ExecuteMsg::AddOperator { operator: keys.operator.to_string() };
        let send = |message, funds| Op::Send { sender: keys.owner.clone(), message, funds };
        let stake = Message::Staking(staking_api::ExecuteMsg::Stake {});
        let (not_before, not_after) = (now - 60, now + 9 * 365 * 86_400);
        let inside = Certificate {
            key: [n as u8 + 1; 32],
            subject: keys.owner.clone(),
            not_before,
            not_after,
            broken: false,
        };
        let root = testing::certificate::deterministic_root(&keys.owner, inside.key, not_before, not_after);
        let (der, fingerprint) = (root.der.to_vec(), root.fingerprint.to_vec());
        vec![
            send(Message::Registry(register), vec![]),
            send(Message::Registry(add), vec![]),
            send(stake, vec![(DENOM.to_owned(), 1_000_000)]),
            Op::Publish { sender: keys.owner.clone(), der, fingerprint, inside },
        ]
    }

    /// An operation that must be accepted.
    pub fn accepted(&mut self, op: Op) -> Result<(), String> {
        if self.step(&op)? {
            Ok(())
        } else {
            Err(format!("expected to be accepted: {op:?}"))
        }
    }

    /// Runs one operation in both, and compares whether it was accepted and what is afterwards.
    pub fn step(&mut self, op: &Op) -> Result<bool, String> {
        let predicted = self.model.apply(op);
        self.outcome = self.execute(op);
        let actual = self.outcome.as_ref().map(drop).map_err(Clone::clone);
        self.stats.operations += 1;
        match op {
            Op::Send { message, .. } => {
                if let Err(no) = predicted {
                    *self.stats.reasons.entry((message.kind(), no)).or_default() += 1;
                }
                self.stats.note(message.kind(), actual.is_ok());
            }
            Op::Publish { .. } => self.stats.note("registry.publish_root".into(), actual.is_ok()),
            Op::Pass(_) | Op::Donate { .. } => {}
        }
        let differ = |what: String| format!("{what}\n  at second {}\n  by {op:?}", self.model.now);
        match (&predicted, &actual) {
            (Ok(()), Err(error)) => return Err(differ(format!("refused, the model accepts: {error}"))),
            (Err(no), Ok(())) => return Err(differ(format!("accepted, the model refuses: {no}"))),
            (Ok(()), Ok(())) | (Err(_), Err(_)) => {}
        }
        let digest = self.suite.app.storage().digest();
        if actual.is_err() && digest != self.digest {
            return Err(differ("a refused operation changed the state".into()));
        }
        self.digest = digest;
        if actual.is_ok() {
            for (kind, accepted) in &self.model.inner {
                self.stats.note(kind.clone(), *accepted);
            }
            for edge in &self.model.edges {
                *self.stats.edges.entry((*edge).to_owned()).or_default() += 1;
            }
            let bank = self.suite.app.storage().bank_digest();
            if (bank, &self.model.bank) != (self.balanced.0, &self.balanced.1) {
                check::balances(self).map_err(&differ)?;
                self.balanced = (bank, self.model.bank.clone());
            }
            check::money(self).map_err(&differ)?;
            check::named(self, op).map_err(&differ)?;
        }
        if self.stats.operations.is_multiple_of(self.full_every) {
            check::everything(self).map_err(&differ)?;
        }
        Ok(actual.is_ok())
    }

    fn execute(&mut self, op: &Op) -> Result<Vec<Event>, String> {
        let suite = &mut self.suite;
        let done = match op {
            Op::Pass(seconds) => {
                suite.pass(*seconds);
                return Ok(vec![]);
            }
            Op::Donate { from, to, amount, denom } => suite.donate(from, to, *amount, denom),
            Op::Publish { sender, der, .. } => {
                suite.registry(sender, &registry_api::ExecuteMsg::PublishRoot { der: der.clone().into() })
            }
            Op::Send { sender, message, funds } => {
                let funds = coins(funds);
                match message {
                    Message::Market(msg) => suite.market(sender, msg, &funds),
                    Message::Staking(msg) => suite.staking(sender, msg, &funds),
                    Message::Governance(msg) => suite.governance(sender, msg, &funds),
                    Message::Registry(msg) => {
                        let registry = suite.registry.clone();
                        suite.execute(&registry, sender, msg, &funds)
                    }
                }
            }
        };
        done.map(|response| response.events).map_err(|refusal| refusal.0)
    }

    /// A digest of everything stored.
    pub fn digest(&self) -> u64 {
        self.digest
    }
}

/// Plays these operations on a new world, compares everything at the end, and lets everybody take out what is theirs.
pub fn play(ops: &[u64], full_every: u64) -> Result<(Stats, u64), String> {
    let mut world = World::new(full_every)?;
    for (place, number) in ops.iter().enumerate() {
        let op = generate::op(*number, &world.model, &world.cast);
        world.step(&op).map_err(|difference| format!("operation {place} ({number}): {difference}"))?;
    }
    check::everything(&world)?;
    let digest = world.digest();
    // What the drain sends does not count as tried.
    let mut stats = world.stats.clone();
    drain::drain(&mut world).map_err(|difference| format!("while draining: {difference}"))?;
    check::everything(&world)?;
    stats.drains += 1;
    Ok((stats, digest))
}

fn start(suite: &Suite, cast: &Cast) -> Model {
    let contracts = [&suite.market, &suite.staking, &suite.registry, &suite.governance];
    let mut bank = Bank::default();
    for account in cast.everyone.iter().chain(contracts) {
        for denom in DENOMS {
            bank.balances.insert((account.clone(), denom.to_owned()), suite.balance_of(account, denom));
        }
    }
    let owned = || Owned { owner: suite.owner.clone(), pending: None };
    let known = cast.everyone.iter().chain(contracts).map(ToString::to_string).collect();
    Model {
        now: suite.now(),
        height: suite.height(),
        block_start: Weights::default(),
        bank,
        donated: BTreeMap::new(),
        known,
        market: suite.market.clone(),
        staking: suite.staking.clone(),
        registry: suite.registry.clone(),
        governance: suite.governance.clone(),
        market_owner: owned(),
        market_params: testing::market_params(&DENOMS),
        deployments: vec![],
        orders: vec![],
        leases: vec![],
        records: BTreeMap::new(),
        grants: BTreeMap::new(),
        bids_placed: 0,
        staking_owner: owned(),
        staking_market: suite.market.clone(),
        staking_params: testing::staking_params(&suite.treasury),
        stakers: BTreeMap::new(),
        burned: 0,
        to_treasury: 0,
        to_tenants: 0,
        registry_owner: owned(),
        registry_market: suite.market.clone(),
        providers: BTreeMap::new(),
        attestations: BTreeMap::new(),
        jails: BTreeMap::new(),
        roots: BTreeMap::new(),
        keys: Default::default(),
        floors: testing::FLOORS,
        governance_params: testing::governance_params(),
        proposals: vec![],
        returned: 0,
        forfeited: 0,
        inner: vec![],
        edges: vec![],
    }
}
