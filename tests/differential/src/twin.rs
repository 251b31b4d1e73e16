//! One seed on both chains: the same operations, in the same blocks, and what is compared.

use std::collections::BTreeMap;

use anyhow::{bail, ensure, Context};
use chain_client::Msg;
use cloud_std::Money;
use cosmwasm_std::{Addr, BlockInfo, Event};
use serde_json::Value;
use sim::generate;
use sim::op::{Message, Op};
use sim::seed::numbers;
use sim::world::{World, DENOMS};
use tendermint_proto::v0_38::abci::ExecTxResult;
use testing::{Suite, PURSE};

use crate::accounts::{self, Signers};
use crate::chain::{Chain, Lab};
use crate::{queries, same};

/// Other seeds than those of tests/sim and scripts/soak.
const FIRST_SEED: u64 = 2_000_000;
/// Everything that is stored is compared after so many blocks and at the end.
const STORAGE_EVERY: u64 = 5;

/// What one seed or several came to.
#[derive(Default)]
pub struct Summary {
    pub operations: u64,
    pub blocks: u64,
    pub accepted: u64,
    pub refused: u64,
    /// Sent by a contract in the simulation.
    pub skipped: u64,
    pub queries: u64,
    pub entries: u64,
    /// Refusals of the chain itself, whose words are its own: what the simulation said, and how often.
    pub own_words: BTreeMap<String, u64>,
    /// Gas of what was accepted: least, most, sum, how often.
    pub gas: BTreeMap<String, Gas>,
}

#[derive(Clone, Copy, Debug)]
pub struct Gas {
    pub least: u64,
    pub most: u64,
    pub sum: u64,
    pub count: u64,
}

impl Summary {
    pub fn add(&mut self, other: &Self) {
        self.operations += other.operations;
        self.blocks += other.blocks;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.skipped += other.skipped;
        self.queries += other.queries;
        self.entries += other.entries;
        for (words, count) in &other.own_words {
            *self.own_words.entry(words.clone()).or_default() += count;
        }
        for (kind, gas) in &other.gas {
            let all =
                self.gas.entry(kind.clone()).or_insert(Gas { least: u64::MAX, most: 0, sum: 0, count: 0 });
            all.least = all.least.min(gas.least);
            all.most = all.most.max(gas.most);
            all.sum += gas.sum;
            all.count += gas.count;
        }
    }

    fn used(&mut self, kind: String, gas: u64) {
        let one = BTreeMap::from([(kind, Gas { least: gas, most: gas, sum: gas, count: 1 })]);
        self.add(&Self { gas: one, ..Self::default() });
    }
}

/// What the simulation answered to an operation that the real chain runs at the end of the block.
struct Played {
    op: Op,
    outcome: Result<Vec<Event>, String>,
}

pub struct Twin {
    world: World,
    chain: Chain,
    /// Of the block that is being filled.
    played: Vec<Played>,
    /// Transactions of the suite's deployment in the first block, before what is played.
    deployment: usize,
    summary: Summary,
}

/// Plays a seed; a difference is an error.
pub fn seed(lab: &Lab, number: u64, operations: usize) -> anyhow::Result<Summary> {
    let name = format!("seed-{number}");
    let mut twin = Twin::begin(lab, &name)?;
    for (place, number) in numbers(FIRST_SEED + number, operations).into_iter().enumerate() {
        let op = generate::op(number, &twin.world.model, &twin.world.cast);
        if !twin.can_be_sent(&op) {
            twin.summary.skipped += 1;
            continue;
        }
        twin.play(&op).with_context(|| format!("operation {place} ({number}): {op:?}"))?;
    }
    let summary = twin.end()?;
    // That of a seed that differs is left to be looked at.
    std::fs::remove_dir_all(lab.dir.join(name))?;
    Ok(summary)
}

impl Twin {
    fn begin(lab: &Lab, name: &str) -> anyhow::Result<Self> {
        let mut played = Vec::new();
        let builder = Suite::builder().accounts(accounts::PREFIX, accounts::address);
        let world = World::begin(builder, u64::MAX, |world, op| {
            played.push(Played { op: op.clone(), outcome: world.outcome.clone() });
        })
        .map_err(anyhow::Error::msg)?;
        let suite = &world.suite;
        let everyone = &world.cast.everyone;
        let rich = |account: &&Addr| {
            **account != suite.treasury && !world.cast.providers.iter().any(|keys| keys.payout == **account)
        };
        let purse: Vec<_> = DENOMS.iter().map(|denom| ((*denom).to_owned(), PURSE)).collect();
        let purses: BTreeMap<Addr, Vec<(String, u128)>> = everyone
            .iter()
            .map(|account| (account.clone(), if rich(&account) { purse.clone() } else { vec![] }))
            .collect();
        let purses: Vec<_> = purses.into_iter().collect();
        let signers = Signers::of(&world.cast)?;
        let mut chain = Chain::begin(lab, name, signers, &purses, &suite.app.block_info())?;
        let deployment = deploy(lab, &mut chain, suite)?;
        for Played { op, .. } in &played {
            let (sender, message) = message(suite, op)?.context("the beginning sends messages only")?;
            chain.send(&sender, &message)?;
        }
        Ok(Self { world, chain, played, deployment, summary: Summary::default() })
    }

    /// The simulation also sends in the name of contracts, which on a real chain nobody can.
    fn can_be_sent(&self, op: &Op) -> bool {
        match op {
            Op::Send { sender, .. } | Op::Publish { sender, .. } => self.chain.can_sign(sender),
            Op::Donate { from, .. } => self.chain.can_sign(from),
            Op::Pass(_) => true,
        }
    }

    fn play(&mut self, op: &Op) -> anyhow::Result<()> {
        match message(&self.world.suite, op)? {
            Some((sender, message)) => {
                self.world.step(op).map_err(anyhow::Error::msg)?;
                self.chain.send(&sender, &message)?;
                self.played.push(Played { op: op.clone(), outcome: self.world.outcome.clone() });
            }
            None => {
                self.end_block()?;
                self.world.step(op).map_err(anyhow::Error::msg)?;
            }
        }
        self.summary.operations += 1;
        Ok(())
    }

    fn end(mut self) -> anyhow::Result<Summary> {
        self.end_block()?;
        self.compare_storage()?;
        self.compare_queries()?;
        Ok(self.summary)
    }

    fn end_block(&mut self) -> anyhow::Result<()> {
        let block: BlockInfo = self.world.suite.app.block_info();
        let results = self.chain.end_block(&block)?;
        let deployment = std::mem::take(&mut self.deployment);
        let played = std::mem::take(&mut self.played);
        ensure!(results.len() == deployment + played.len(), "{} results of a block", results.len());
        for result in &results[..deployment] {
            ensure!(result.code == 0, "the suite could not be deployed: {}", result.log);
        }
        for (played, result) in played.iter().zip(&results[deployment..]) {
            self.compare(played, result)
                .with_context(|| format!("in block {}: {:?}", block.height, played.op))?;
        }
        self.compare_balances().with_context(|| format!("after block {}", block.height))?;
        if deployment > 0 {
            self.compare_addresses()?;
        }
        self.summary.blocks += 1;
        if self.summary.blocks.is_multiple_of(STORAGE_EVERY) {
            self.compare_storage().with_context(|| format!("after block {}", block.height))?;
        }
        Ok(())
    }

    /// Accepted or refused, the events of the contracts, and the words of a refusal.
    fn compare(&mut self, played: &Played, result: &ExecTxResult) -> anyhow::Result<()> {
        match (&played.outcome, result.code) {
            (Ok(events), 0) => {
                let (simulated, real) = (same::simulated(events), same::real(result));
                ensure!(
                    same::events(&simulated, &real),
                    "other events:\n  simulated {simulated:#?}\n  real {real:#?}"
                );
                self.summary.accepted += 1;
                let gas = u64::try_from(result.gas_used)?;
                if let Some(kind) = kind(&played.op) {
                    self.summary.used(kind, gas);
                }
            }
            (Err(refusal), code) if code != 0 => {
                self.summary.refused += 1;
                if !result.log.contains(refusal) {
                    let class = same::own_words(refusal, &result.log).with_context(|| {
                        format!("other words:\n  simulated {refusal}\n  real {}", result.log)
                    })?;
                    *self.summary.own_words.entry(class.to_owned()).or_default() += 1;
                }
            }
            (Ok(_), _) => bail!("accepted in the simulation, refused by the chain: {}", result.log),
            (Err(refusal), _) => bail!("refused in the simulation, accepted by the chain: {refusal}"),
        }
        Ok(())
    }

    fn compare_addresses(&mut self) -> anyhow::Result<()> {
        let suite = &self.world.suite;
        for (code, simulated) in
            (1..).zip([&suite.registry, &suite.staking, &suite.market, &suite.governance])
        {
            let real = self.chain.contract(code)?;
            ensure!(
                real == *simulated,
                "code {code} is at {real} on the chain and at {simulated} in the simulation"
            );
        }
        Ok(())
    }

    fn compare_balances(&mut self) -> anyhow::Result<()> {
        let suite = &self.world.suite;
        let contracts = [&suite.market, &suite.staking, &suite.registry, &suite.governance];
        for account in self.world.cast.everyone.iter().chain(contracts) {
            for denom in DENOMS {
                let (simulated, real) =
                    (suite.balance_of(account, denom), self.chain.balance(account, denom)?);
                ensure!(
                    simulated == real,
                    "{account} has {simulated} {denom} in the simulation and {real} on the chain"
                );
            }
        }
        Ok(())
    }

    fn compare_storage(&mut self) -> anyhow::Result<()> {
        let suite = &self.world.suite;
        for contract in [&suite.market, &suite.staking, &suite.registry, &suite.governance] {
            let simulated: BTreeMap<_, _> = suite.app.dump_wasm_raw(contract).into_iter().collect();
            let real = self.chain.storage(contract)?;
            let keys: std::collections::BTreeSet<_> = simulated.keys().chain(real.keys()).collect();
            for key in keys {
                let (simulated, real) = (simulated.get(key), real.get(key));
                ensure!(
                    same::stored(simulated, real),
                    "{contract} stores at {:?}\n  simulated {}\n  real {}",
                    String::from_utf8_lossy(key),
                    shown(simulated),
                    shown(real)
                );
                self.summary.entries += 1;
            }
        }
        Ok(())
    }

    fn compare_queries(&mut self) -> anyhow::Result<()> {
        for (contract, query) in queries::all(&self.world)? {
            let simulated: Result<Value, _> = self.world.suite.try_query(&contract, &query);
            match (simulated, self.chain.ask(&contract, &query)) {
                (Ok(simulated), Ok(real)) => {
                    ensure!(
                        same::json(&simulated, &real),
                        "other answer to {query}:\n  simulated {simulated}\n  real {real}"
                    );
                }
                (Err(_), Err(_)) => {}
                (simulated, real) => bail!("{query}: simulated {simulated:?}, real {real:?}"),
            }
            self.summary.queries += 1;
        }
        Ok(())
    }
}

/// The suite, in the transactions that correspond to what the simulation's builder does: how many there are.
fn deploy(lab: &Lab, chain: &mut Chain, suite: &Suite) -> anyhow::Result<usize> {
    let owner = &suite.owner;
    let admin = || Some(owner.to_string());
    for contract in ["provider_registry", "staking", "market", "governance"] {
        chain.upload(lab, owner, contract)?;
    }
    let registry = registry_api::InstantiateMsg { owner: owner.to_string() };
    let staking = staking_api::InstantiateMsg {
        owner: owner.to_string(),
        params: testing::staking_params(&suite.treasury),
        floors: Some(testing::STAKING_FLOORS),
    };
    let market = market_api::InstantiateMsg {
        owner: owner.to_string(),
        registry: suite.registry.to_string(),
        staking: suite.staking.to_string(),
        params: testing::market_params(&DENOMS),
    };
    let governance = governance_api::InstantiateMsg {
        staking: suite.staking.to_string(),
        floors: testing::FLOORS,
        params: testing::governance_params(),
    };
    let messages = [
        Msg::instantiate(1, "registry", &registry, vec![], admin())?,
        Msg::instantiate(2, "staking", &staking, vec![], admin())?,
        Msg::instantiate(3, "market", &market, vec![], admin())?,
        Msg::execute(
            suite.registry.as_str(),
            &registry_api::ExecuteMsg::SetMarket { market: suite.market.to_string() },
            vec![],
        )?,
        Msg::execute(
            suite.staking.as_str(),
            &staking_api::ExecuteMsg::SetMarket { market: suite.market.to_string() },
            vec![],
        )?,
        Msg::instantiate(4, "governance", &governance, vec![], admin())?,
    ];
    for message in &messages {
        chain.send(owner, message)?;
    }
    Ok(4 + messages.len())
}

/// Who sends what; nothing when time passes.
fn message(suite: &Suite, op: &Op) -> anyhow::Result<Option<(Addr, Msg)>> {
    let money =
        |funds: &[(String, u128)]| funds.iter().map(|(denom, amount)| Money::new(denom, *amount)).collect();
    Ok(Some(match op {
        Op::Pass(_) => return Ok(None),
        Op::Donate { from, to, amount, denom } => {
            (from.clone(), Msg::send(to.as_str(), Money::new(denom, *amount)))
        }
        Op::Publish { sender, der, .. } => {
            let publish = registry_api::ExecuteMsg::PublishRoot { der: der.clone().into() };
            (sender.clone(), Msg::execute(suite.registry.as_str(), &publish, vec![])?)
        }
        Op::Send { sender, message, funds } => {
            let funds = money(funds);
            let message = match message {
                Message::Market(msg) => Msg::execute(suite.market.as_str(), msg, funds),
                Message::Staking(msg) => Msg::execute(suite.staking.as_str(), msg, funds),
                Message::Registry(msg) => Msg::execute(suite.registry.as_str(), msg, funds),
                Message::Governance(msg) => Msg::execute(suite.governance.as_str(), msg, funds),
            };
            (sender.clone(), message?)
        }
    }))
}

fn kind(op: &Op) -> Option<String> {
    match op {
        Op::Send { message, .. } => Some(message.kind()),
        Op::Publish { .. } => Some("registry.publish_root".to_owned()),
        Op::Pass(_) | Op::Donate { .. } => None,
    }
}

fn shown(value: Option<&Vec<u8>>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| String::from_utf8_lossy(value).into_owned())
}
