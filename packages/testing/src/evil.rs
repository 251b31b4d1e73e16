//! A contract that behaves badly: it sends what it is told, and in the reply to its own message sends again.

use cosmwasm_std::{
    to_json_binary, Addr, Binary, Coin, Deps, DepsMut, Empty, Env, MessageInfo, Reply, Response, StdError,
    StdResult, SubMsg, WasmMsg,
};
use cw_multi_test::{ContractWrapper, Executor};
use serde::{Deserialize, Serialize};

use crate::suite::Suite;

/// A call that the contract makes with its own funds.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Call {
    pub contract: Addr,
    pub msg: Binary,
    pub funds: Vec<Coin>,
}

impl Call {
    pub fn new(contract: &Addr, msg: &impl Serialize, funds: &[Coin]) -> Self {
        let msg = to_json_binary(msg).expect("a message is serialisable");
        Self { contract: contract.clone(), msg, funds: funds.to_vec() }
    }

    fn wasm(self) -> WasmMsg {
        WasmMsg::Execute { contract_addr: self.contract.into(), msg: self.msg, funds: self.funds }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ExecuteMsg {
    /// All in one transaction; any failure undoes all.
    All { calls: Vec<Call> },
    /// `first`, and in the reply to it, whether it failed or not, `again`; a failure of either is swallowed.
    Reenter { first: Call, again: Call },
}

const FIRST: u64 = 1;
const AGAIN: u64 = 2;
const STORED: &[u8] = b"again";

fn instantiate(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    Ok(Response::new())
}

fn execute(deps: DepsMut, _: Env, _: MessageInfo, msg: ExecuteMsg) -> StdResult<Response> {
    match msg {
        ExecuteMsg::All { calls } => Ok(Response::new().add_messages(calls.into_iter().map(Call::wasm))),
        ExecuteMsg::Reenter { first, again } => {
            deps.storage.set(STORED, &to_json_binary(&again)?);
            Ok(Response::new().add_submessage(SubMsg::reply_always(first.wasm(), FIRST)))
        }
    }
}

fn reply(deps: DepsMut, _: Env, reply: Reply) -> StdResult<Response> {
    let outcome = if reply.result.is_ok() { "accepted" } else { "refused" };
    match reply.id {
        FIRST => {
            let stored = deps.storage.get(STORED).ok_or_else(|| StdError::msg("nothing to send again"))?;
            let again: Call = cosmwasm_std::from_json(stored)?;
            let again = SubMsg::reply_always(again.wasm(), AGAIN);
            Ok(Response::new().add_attribute("first", outcome).add_submessage(again))
        }
        _ => Ok(Response::new().add_attribute("again", outcome)),
    }
}

fn query(_: Deps, _: Env, _: Empty) -> StdResult<Binary> {
    Ok(Binary::default())
}

impl Suite {
    /// Puts the evil contract on the chain.
    pub fn evil(&mut self) -> Addr {
        let code = self
            .app
            .store_code(Box::new(ContractWrapper::new(execute, instantiate, query).with_reply(reply)));
        let owner = self.owner.clone();
        let started = self.app.instantiate_contract(code, owner, &Empty {}, &[], "evil", None);
        started.expect("the evil contract starts")
    }
}
