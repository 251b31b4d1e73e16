use cosmwasm_std::testing::MockApi;
use cosmwasm_std::{from_json, to_json_binary, Addr, Coin, Uint128, WasmMsg};
use cw_multi_test::{App, AppResponse, Executor};
use serde::{de::DeserializeOwned, Serialize};
use sha2::{Digest, Sha256};

use crate::bank::RefusingBank;
use crate::builder::{Naming, SuiteBuilder};
use crate::digested::Digested;

/// The simulated chain under a suite.
pub type Chain = App<RefusingBank, MockApi, Digested>;

/// Why a message was refused: the text of its innermost error, without the copy of the message around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

impl Refusal {
    pub(crate) fn of(error: &cosmwasm_std::StdError) -> Self {
        let text = format!("{error:#}");
        Self(text.rsplit("error: ").next().unwrap_or_default().to_owned())
    }

    /// Panics unless the text contains each of these.
    #[track_caller]
    pub fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.0.contains(part), "expected {part:?} in: {}", self.0);
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The three accounts of a provider.
#[derive(Clone, Debug)]
pub struct ProviderKeys {
    /// Cold key and id.
    pub owner: Addr,
    /// Hot key.
    pub operator: Addr,
    pub payout: Addr,
}

/// A chain with the four contracts, wired, and accounts that have money.
pub struct Suite {
    pub app: Chain,
    pub market: Addr,
    pub staking: Addr,
    pub registry: Addr,
    pub governance: Addr,
    /// Administers market, staking and registry, until [`Suite::hand_over`].
    pub owner: Addr,
    pub treasury: Addr,
    pub tenants: Vec<Addr>,
    pub providers: Vec<ProviderKeys>,
    /// The denom that helpers use.
    pub denom: String,
    pub(crate) naming: Option<Naming>,
}

impl Suite {
    pub fn builder() -> SuiteBuilder {
        SuiteBuilder::default()
    }

    /// One more account; it has nothing.
    pub fn account(&self, name: &str) -> Addr {
        match self.naming {
            Some(naming) => naming(name),
            None => self.app.api().addr_make(name),
        }
    }

    /// Sends a message of any contract.
    pub fn execute(
        &mut self,
        contract: &Addr,
        sender: &Addr,
        msg: &(impl Serialize + ?Sized),
        funds: &[Coin],
    ) -> Result<AppResponse, Refusal> {
        let msg = WasmMsg::Execute {
            contract_addr: contract.to_string(),
            msg: to_json_binary(msg).expect("a message is serialisable"),
            funds: funds.to_vec(),
        };
        self.app.execute(sender.clone(), msg.into()).map_err(|error| Refusal::of(&error))
    }

    /// Sends a message to the market.
    pub fn market(
        &mut self,
        sender: &Addr,
        msg: &market_api::ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse, Refusal> {
        self.execute(&self.market.clone(), sender, msg, funds)
    }

    /// Sends a message to staking.
    pub fn staking(
        &mut self,
        sender: &Addr,
        msg: &staking_api::ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse, Refusal> {
        self.execute(&self.staking.clone(), sender, msg, funds)
    }

    /// Sends a message to the registry, without funds, because none of its messages takes any.
    pub fn registry(
        &mut self,
        sender: &Addr,
        msg: &registry_api::ExecuteMsg,
    ) -> Result<AppResponse, Refusal> {
        self.execute(&self.registry.clone(), sender, msg, &[])
    }

    /// Sends a message to governance.
    pub fn governance(
        &mut self,
        sender: &Addr,
        msg: &governance_api::ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse, Refusal> {
        self.execute(&self.governance.clone(), sender, msg, funds)
    }

    /// Asks any contract.
    pub fn try_query<T: DeserializeOwned>(
        &self,
        contract: &Addr,
        msg: &impl Serialize,
    ) -> Result<T, Refusal> {
        self.app.wrap().query_wasm_smart(contract, msg).map_err(|error| Refusal::of(&error))
    }

    /// Asks the market something that it answers.
    #[track_caller]
    pub fn query_market<T: DeserializeOwned>(&self, msg: &market_api::QueryMsg) -> T {
        self.try_query(&self.market, msg).expect("the market answers")
    }

    /// Asks staking something that it answers.
    #[track_caller]
    pub fn query_staking<T: DeserializeOwned>(&self, msg: &staking_api::QueryMsg) -> T {
        self.try_query(&self.staking, msg).expect("staking answers")
    }

    /// Asks the registry something that it answers.
    #[track_caller]
    pub fn query_registry<T: DeserializeOwned>(&self, msg: &registry_api::QueryMsg) -> T {
        self.try_query(&self.registry, msg).expect("the registry answers")
    }

    /// Asks governance something that it answers.
    #[track_caller]
    pub fn query_governance<T: DeserializeOwned>(&self, msg: &governance_api::QueryMsg) -> T {
        self.try_query(&self.governance, msg).expect("governance answers")
    }

    /// Seconds since the epoch.
    pub fn now(&self) -> u64 {
        self.app.block_info().time.seconds()
    }

    pub fn height(&self) -> u64 {
        self.app.block_info().height
    }

    /// Ends the block; the next one is this many seconds later.
    pub fn pass(&mut self, seconds: u64) {
        self.app.update_block(|block| {
            block.time = block.time.plus_seconds(seconds);
            block.height += 1;
        });
    }

    /// Ends blocks until it is this second; does nothing when it is past.
    pub fn pass_until(&mut self, second: u64) {
        self.pass(second.saturating_sub(self.now()));
    }

    /// What an account has of the suite's denom.
    pub fn balance(&self, account: &Addr) -> u128 {
        self.balance_of(account, &self.denom)
    }

    pub fn balance_of(&self, account: &Addr, denom: &str) -> u128 {
        let held = self.app.wrap().query_balance(account, denom).expect("the bank answers").amount;
        Uint128::try_from(held).expect("128 bits").u128()
    }

    /// Gives an account this much more, out of nothing.
    pub fn fund(&mut self, account: &Addr, amount: u128, denom: &str) {
        let coin = Coin::new(amount, denom);
        let mint = cw_multi_test::BankSudo::Mint { to_address: account.to_string(), amount: vec![coin] };
        self.app.sudo(mint.into()).expect("the bank mints");
    }

    /// Sends coins as a bank message, which no contract notices.
    pub fn donate(
        &mut self,
        from: &Addr,
        to: &Addr,
        amount: u128,
        denom: &str,
    ) -> Result<AppResponse, Refusal> {
        let coins = [Coin::new(amount, denom)];
        let sent = self.app.send_tokens(from.clone(), to.clone(), &coins);
        sent.map_err(|error| Refusal::of(&error))
    }

    /// From now on the bank refuses payments to this account, as a real one does with module accounts.
    pub fn refuse_payments_to(&mut self, account: &Addr) {
        self.app.init_modules(|router, _, _| router.bank.refuse(account));
    }

    pub fn accept_payments_to(&mut self, account: &Addr) {
        self.app.init_modules(|router, _, _| router.bank.accept(account));
    }

    /// A digest of everything that the chain stores: all contracts and all balances.
    pub fn state_hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for (key, value) in
            cosmwasm_std::Storage::range(self.app.storage(), None, None, cosmwasm_std::Order::Ascending)
        {
            for part in [&key, &value] {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part);
            }
        }
        hasher.finalize().into()
    }

    /// Panics unless every contract holds what it owes.
    #[track_caller]
    pub fn assert_invariants(&self) {
        let market: market_api::Invariants = self.query_market(&market_api::QueryMsg::Invariants {});
        assert!(market.holds, "market: {market:?}");
        let staking: staking_api::Invariants = self.query_staking(&staking_api::QueryMsg::Invariants {});
        assert!(staking.holds, "staking: {staking:?}");
        let governance: governance_api::Invariants =
            self.query_governance(&governance_api::QueryMsg::Invariants {});
        assert!(governance.holds, "governance: {governance:?}");
    }

    /// Reads a raw value of a contract, decoded.
    pub fn raw<T: DeserializeOwned>(&self, contract: &Addr, key: &[u8]) -> Option<T> {
        let value = self.app.wrap().query_wasm_raw(contract, key.to_vec()).expect("the chain answers");
        value.map(|value| from_json(value).expect("the value decodes"))
    }
}
