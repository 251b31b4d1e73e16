//! Stands for the registry and for staking: keeps the public storage of both, and notes what it is asked to punish.

use cosmwasm_std::{
    to_json_binary, Addr, Binary, Deps, DepsMut, Empty, Env, MessageInfo, Order, Response, StdError,
    StdResult,
};
use cw_multi_test::{Contract, ContractWrapper};
use cw_storage_plus::{Item, Map};
use registry_api::raw::Signed;
use registry_api::{Attribute, Provider};
use serde::{Deserialize, Serialize};

/// The last two have the form that the market sends.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "snake_case")]
pub enum NeighbourMsg {
    PutProvider {
        provider: Provider,
    },
    RemoveProvider {
        owner: Addr,
    },
    PutAttestation {
        provider: Addr,
        auditor: Addr,
        attributes: Vec<Attribute>,
    },
    RemoveAttestation {
        provider: Addr,
        auditor: Addr,
    },
    PutStake {
        account: Addr,
        weight: u64,
    },
    /// Whether punishments fail from now on.
    Refuse {
        refuse: bool,
    },
    Slash(serde_json::Value),
    Jail(serde_json::Value),
}

const PUNISHMENTS: Item<Vec<String>> = Item::new("punishments");
const REFUSE: Item<bool> = Item::new("refuse");
const KNOWN: Map<&Addr, Empty> = Map::new("known");

pub fn contract() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(execute, instantiate, query))
}

fn instantiate(deps: DepsMut, _env: Env, _info: MessageInfo, _msg: Empty) -> StdResult<Response> {
    PUNISHMENTS.save(deps.storage, &vec![])?;
    REFUSE.save(deps.storage, &false)?;
    Ok(Response::new())
}

fn execute(deps: DepsMut, env: Env, _info: MessageInfo, msg: NeighbourMsg) -> StdResult<Response> {
    match msg {
        NeighbourMsg::PutProvider { provider } => {
            KNOWN.save(deps.storage, &provider.owner, &Empty {})?;
            registry_api::raw::PROVIDERS.save(deps.storage, &provider.owner, &provider)?;
        }
        NeighbourMsg::RemoveProvider { owner } => registry_api::raw::PROVIDERS.remove(deps.storage, &owner),
        NeighbourMsg::PutAttestation { provider, auditor, attributes } => {
            let signed = Signed { attributes, attested_at: env.block.time.seconds() };
            registry_api::raw::ATTESTATIONS.save(deps.storage, (&provider, &auditor), &signed)?;
        }
        NeighbourMsg::RemoveAttestation { provider, auditor } => {
            registry_api::raw::ATTESTATIONS.remove(deps.storage, (&provider, &auditor));
        }
        NeighbourMsg::PutStake { account, weight } => {
            let members = staking_api::raw::MEMBERS_NOW;
            members.save(deps.storage, &account, &weight)?;
            let all = members.range(deps.storage, None, None, Order::Ascending);
            let total: u64 = all.map(|entry| Ok(entry?.1)).sum::<StdResult<u64>>()?;
            staking_api::raw::TOTAL_NOW.save(deps.storage, &total)?;
        }
        NeighbourMsg::Refuse { refuse } => REFUSE.save(deps.storage, &refuse)?,
        NeighbourMsg::Slash(what) => punish(deps, "slash", what)?,
        NeighbourMsg::Jail(what) => punish(deps, "jail", what)?,
    }
    Ok(Response::new())
}

fn punish(deps: DepsMut, kind: &str, what: serde_json::Value) -> StdResult<()> {
    if REFUSE.load(deps.storage)? {
        return Err(StdError::msg("refused"));
    }
    let mut list = PUNISHMENTS.load(deps.storage)?;
    list.push(format!("{kind} {what}"));
    PUNISHMENTS.save(deps.storage, &list)?;
    Ok(())
}

/// The punishments; every provider that was ever registered when asked for `"providers"`.
fn query(deps: Deps, _env: Env, msg: serde_json::Value) -> StdResult<Binary> {
    if msg == "providers" {
        let known = KNOWN.keys(deps.storage, None, None, Order::Ascending);
        return to_json_binary(&known.collect::<StdResult<Vec<_>>>()?);
    }
    to_json_binary(&PUNISHMENTS.load(deps.storage)?)
}
