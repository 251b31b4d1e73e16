use cloud_std::{Money, Sorted};
use cosmwasm_std::{
    Addr, Api, BankMsg, DepsMut, Env, Event, QuerierWrapper, Response, Storage, SubMsg, Uint128,
};

use crate::error::ContractError;
use crate::state::changes::{grow, Changes};

/// One message at work: what it reads from, and what it leaves behind.
pub struct Ctx<'a> {
    pub storage: &'a mut dyn Storage,
    pub api: &'a dyn Api,
    pub querier: QuerierWrapper<'a>,
    /// Seconds since the epoch.
    pub now: u64,
    pub sender: Addr,
    /// Counters and ledgers, written once at the end.
    pub changes: Changes,
    payments: Sorted<Addr, Sorted<String, Uint128>>,
    messages: Vec<SubMsg>,
    events: Vec<Event>,
}

impl<'a> Ctx<'a> {
    pub fn new(deps: DepsMut<'a>, env: &Env, sender: Addr) -> Self {
        Self {
            storage: deps.storage,
            api: deps.api,
            querier: deps.querier,
            now: env.block.time.seconds(),
            sender,
            changes: Changes::default(),
            payments: Sorted::default(),
            messages: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Pays at the end of the message, once for each account. Nothing is paid for an amount of zero.
    pub fn pay(&mut self, to: &Addr, denom: &str, amount: Uint128) -> Result<(), ContractError> {
        if amount.is_zero() {
            return Ok(());
        }
        let coins = self.payments.entry(to.clone(), || Ok(Sorted::default()))?;
        grow("payment", coins.entry(denom.to_owned(), || Ok(Uint128::zero()))?, amount)
    }

    pub fn ensure_tenant(&self, tenant: &Addr) -> Result<(), ContractError> {
        if self.sender == *tenant {
            Ok(())
        } else {
            Err(ContractError::NotTenant { sender: self.sender.clone(), tenant: tenant.clone() })
        }
    }

    pub fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    pub fn message(&mut self, message: SubMsg) {
        self.messages.push(message);
    }

    /// Writes the counters and answers. Payments come before other messages.
    pub fn finish(self) -> Result<Response, ContractError> {
        self.changes.flush(self.storage)?;
        let payments = self.payments.into_iter().map(|(to, coins)| BankMsg::Send {
            to_address: to.into_string(),
            amount: coins.into_iter().map(|(denom, amount)| Money { denom, amount }.coin()).collect(),
        });
        Ok(Response::new().add_messages(payments).add_submessages(self.messages).add_events(self.events))
    }
}
