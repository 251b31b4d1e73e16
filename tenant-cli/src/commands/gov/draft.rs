//! A proposal as people write it, and the messages that come of it.

use std::collections::BTreeMap;

use cloud_std::{Bps, Money};
use cosmwasm_std::{to_json_binary, BankMsg, Binary, Coin, CosmosMsg, WasmMsg};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{json, Map, Value};
use staking_api::Fault;

use crate::cli::{ProposeArgs, Setting};
use crate::units::parse_funds;

/// What `akash gov propose` takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    pub title: String,
    pub description: String,
    pub messages: Vec<Entry>,
}

/// One entry of a draft's messages. Contracts go by their name in the address book or by address.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Entry {
    /// By contract, the parameters to change; all others stay what they are when the proposal is made.
    UpdateParams(BTreeMap<String, Map<String, Value>>),
    /// Takes a part of somebody's stake.
    Slash(Slash),
    /// New code for a contract.
    Migrate {
        contract: String,
        code_id: u64,
        #[serde(default)]
        msg: Option<Value>,
    },
    /// From the treasury.
    Send { to: String, amount: String },
    /// Any message to a contract.
    Execute {
        contract: String,
        msg: Value,
        #[serde(default)]
        funds: Option<String>,
    },
    /// Any other message, as the chain takes it.
    Raw(CosmosMsg),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slash {
    pub provider: String,
    /// Basis points of what is slashable.
    pub fraction: u16,
    pub reason: String,
    /// Seconds since the epoch; the time of the proposal when absent. Stake that began to unbond after it is reached.
    #[serde(default)]
    pub fault_at: Option<u64>,
    /// Whom the fault harmed.
    #[serde(default)]
    pub harmed: Option<String>,
}

/// What a draft is held against.
pub struct Facts {
    /// Addresses by name in the address book.
    pub contracts: BTreeMap<String, String>,
    pub bech32_prefix: String,
    /// Parameters as they are now, by the contract's name.
    pub params: BTreeMap<String, Value>,
    /// Of the newest block, in seconds since the epoch.
    pub now: u64,
}

impl Draft {
    pub fn parse(name: &str, text: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(text).map_err(|error| format!("{name} is no proposal: {error}"))
    }

    /// None when the flags bring no message.
    pub fn of_flags(args: ProposeArgs) -> Result<Option<Self>, String> {
        let mut messages = Vec::new();
        for text in &args.messages {
            let entry = serde_json::from_str(text);
            messages.push(entry.map_err(|error| format!("--message {text} is no message: {error}"))?);
        }
        let mut settings: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for Setting { contract, key, value } in args.set {
            settings.entry(contract).or_default().insert(key, value);
        }
        if !settings.is_empty() {
            messages.insert(0, Entry::UpdateParams(settings));
        }
        let (title, description) = (args.title.unwrap_or_default(), args.description.unwrap_or_default());
        Ok((!messages.is_empty()).then_some(Self { title, description, messages }))
    }

    /// The messages as governance takes them; every entry that cannot become one is told.
    pub fn messages(&self, facts: &Facts) -> Result<Vec<CosmosMsg>, Vec<String>> {
        let (mut messages, mut problems) = (Vec::new(), Vec::new());
        for (index, entry) in self.messages.iter().enumerate() {
            match entry.messages(facts) {
                Ok(more) => messages.extend(more),
                Err(problem) => problems.push(format!("messages[{index}]: {problem}")),
            }
        }
        if self.messages.is_empty() {
            problems.push("messages is empty: a proposal has at least one".to_owned());
        }
        if problems.is_empty() {
            Ok(messages)
        } else {
            Err(problems)
        }
    }
}

impl Entry {
    fn messages(&self, facts: &Facts) -> Result<Vec<CosmosMsg>, String> {
        match self {
            Self::UpdateParams(changes) => {
                if changes.is_empty() {
                    return Err("update_params names no contract: one of market, staking, governance".into());
                }
                changes.iter().map(|(contract, changes)| update_params(facts, contract, changes)).collect()
            }
            Self::Slash(slash) => {
                let msg = staking_api::ExecuteMsg::Slash {
                    provider: slash.provider.clone(),
                    fraction: Bps(slash.fraction),
                    fault: Fault::Governance,
                    fault_at: slash.fault_at.unwrap_or(facts.now),
                    harmed: slash.harmed.clone(),
                    reason: slash.reason.clone(),
                };
                Ok(vec![execute(facts.contract(chain_client::address_book::STAKING)?, &msg, vec![])?])
            }
            Self::Migrate { contract, code_id, msg } => Ok(vec![WasmMsg::Migrate {
                contract_addr: facts.contract(contract)?,
                new_code_id: *code_id,
                msg: binary(msg.as_ref().unwrap_or(&json!({})))?,
            }
            .into()]),
            Self::Send { to, amount } => {
                Ok(vec![BankMsg::Send { to_address: to.clone(), amount: coins(amount)? }.into()])
            }
            Self::Execute { contract, msg, funds } => {
                let funds = funds.as_deref().map(coins).transpose()?.unwrap_or_default();
                Ok(vec![execute(facts.contract(contract)?, msg, funds)?])
            }
            Self::Raw(message) => Ok(vec![message.clone()]),
        }
    }
}

impl Facts {
    /// A contract by its name in the address book, or an address as it is.
    fn contract(&self, name: &str) -> Result<String, String> {
        if name.starts_with(&format!("{}1", self.bech32_prefix)) {
            return Ok(name.to_owned());
        }
        self.contracts.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.contracts.keys().map(String::as_str).collect();
            format!(
                "{name:?} is neither a contract of the address book ({}) nor an address that begins with {}1",
                known.join(", "),
                self.bech32_prefix
            )
        })
    }
}

/// The whole parameters of now with the changes in them, since contracts take them whole.
fn update_params(facts: &Facts, contract: &str, changes: &Map<String, Value>) -> Result<CosmosMsg, String> {
    use chain_client::address_book::{GOVERNANCE, MARKET, STAKING};
    let Some(Value::Object(now)) = facts.params.get(contract) else {
        let known: Vec<&str> = facts.params.keys().map(String::as_str).collect();
        return Err(format!("update_params.{contract}: {} have parameters", known.join(", ")));
    };
    if changes.is_empty() {
        return Err(format!("update_params.{contract} changes nothing: {}", keys(now)));
    }
    let mut whole = now.clone();
    for (key, value) in changes {
        let Some(before) = now.get(key) else {
            return Err(format!("update_params.{contract} has no {key:?}: {}", keys(now)));
        };
        // Amounts are strings in JSON, because they may be larger than its numbers.
        let value = match (before, value) {
            (Value::String(_), Value::Number(number)) => Value::String(number.to_string()),
            (_, value) => value.clone(),
        };
        whole.insert(key.clone(), value);
    }
    let whole = Value::Object(whole);
    let params = match contract {
        MARKET => checked::<market_api::Params>(&whole),
        STAKING => checked::<staking_api::Params>(&whole),
        GOVERNANCE => checked::<governance_api::Params>(&whole),
        _ => Err("it has no parameters".to_owned()),
    };
    let params = params.map_err(|error| format!("update_params.{contract}: {error}"))?;
    execute(facts.contract(contract)?, &json!({ "update_params": { "params": params } }), vec![])
}

fn keys(params: &Map<String, Value>) -> String {
    format!("it has {}", params.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
}

/// As the contract reads and writes it.
fn checked<T: DeserializeOwned + Serialize>(params: &Value) -> Result<Value, String> {
    let typed: T = serde_json::from_value(params.clone()).map_err(|error| error.to_string())?;
    serde_json::to_value(typed).map_err(|error| error.to_string())
}

fn execute(contract_addr: String, msg: &impl Serialize, funds: Vec<Coin>) -> Result<CosmosMsg, String> {
    Ok(WasmMsg::Execute { contract_addr, msg: binary(msg)?, funds }.into())
}

fn binary(msg: &impl Serialize) -> Result<Binary, String> {
    to_json_binary(msg).map_err(|error| error.to_string())
}

fn coins(text: &str) -> Result<Vec<Coin>, String> {
    Ok(parse_funds(text)?.iter().map(Money::coin).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let book = |name: &str| (name.to_owned(), format!("wasm1{name}"));
        let governance = json!({
            "voting_seconds": 60, "timelock_seconds": 60, "upgrade_timelock_seconds": 60,
            "execution_seconds": 3600, "quorum": 4000, "threshold": 5000, "veto": 3340,
            "deposit": "10", "deposit_loss": "vetoed",
        });
        let staking = json!({
            "denom": "uakash", "unbonding_seconds": 60, "treasury": "wasm1t",
            "on_activation_expired": "tenant", "on_lease_broken": "tenant", "on_governance": "treasury",
        });
        Facts {
            contracts: ["market", "staking", "registry", "governance"].map(book).into(),
            bech32_prefix: "wasm".into(),
            params: [("governance".to_owned(), governance), ("staking".to_owned(), staking)].into(),
            now: 1_000,
        }
    }

    /// What each message carries, decoded: contract and JSON.
    fn calls(entry: Value) -> Result<Vec<(String, Value)>, Vec<String>> {
        let draft = json!({ "title": "t", "description": "d", "messages": [entry] });
        let draft = Draft::parse("p.json", draft.to_string().as_bytes()).map_err(|error| vec![error])?;
        let call = |message: CosmosMsg| match message {
            CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, .. }) => {
                (contract_addr, serde_json::from_slice(&msg).unwrap())
            }
            CosmosMsg::Wasm(WasmMsg::Migrate { contract_addr, new_code_id, msg }) => {
                (contract_addr, json!([new_code_id, serde_json::from_slice::<Value>(&msg).unwrap()]))
            }
            other => (String::new(), serde_json::to_value(other).unwrap()),
        };
        Ok(draft.messages(&facts())?.into_iter().map(call).collect())
    }

    #[test]
    fn changed_parameters_come_with_all_others_as_they_are() {
        let made = calls(json!({ "update_params": { "governance": { "quorum": 3000, "deposit": 20 } } }));
        let (contract, msg) = made.unwrap().remove(0);
        assert_eq!(contract, "wasm1governance");
        let params = &msg["update_params"]["params"];
        assert_eq!((&params["quorum"], &params["deposit"]), (&json!(3000), &json!("20")));
        assert_eq!((&params["veto"], &params["deposit_loss"]), (&json!(3340), &json!("vetoed")));
    }

    #[test]
    fn several_contracts_make_several_messages() {
        let both = json!({ "update_params": { "governance": { "veto": 3000 }, "staking": { "unbonding_seconds": 61 } } });
        let contracts: Vec<String> = calls(both).unwrap().into_iter().map(|(contract, _)| contract).collect();
        assert_eq!(contracts, ["wasm1governance", "wasm1staking"]);
    }

    #[test]
    fn a_slash_is_for_governance_and_from_now_when_nothing_else_is_said() {
        let slash = json!({ "slash": { "provider": "wasm1p", "fraction": 500, "reason": "r" } });
        let (contract, msg) = calls(slash).unwrap().remove(0);
        assert_eq!(contract, "wasm1staking");
        assert_eq!(
            msg["slash"],
            json!({ "provider": "wasm1p", "fraction": 500, "fault": "governance", "fault_at": 1000,
                "harmed": null, "reason": "r" })
        );
    }

    #[test]
    fn migrations_payments_and_calls_have_their_short_forms() {
        let migrate = json!({ "migrate": { "contract": "market", "code_id": 7 } });
        assert_eq!(calls(migrate).unwrap(), [("wasm1market".to_owned(), json!([7, {}]))]);
        let send = json!({ "send": { "to": "wasm1x", "amount": "5uakash" } });
        let sent = json!({ "bank": { "send": { "to_address": "wasm1x", "amount": [{ "denom": "uakash", "amount": "5" }] } } });
        assert_eq!(calls(send).unwrap(), [(String::new(), sent.clone())]);
        assert_eq!(calls(json!({ "raw": sent })).unwrap(), [(String::new(), sent)]);
        let call = json!({ "execute": { "contract": "wasm1other", "msg": { "a": 1 } } });
        assert_eq!(calls(call).unwrap(), [("wasm1other".to_owned(), json!({ "a": 1 }))]);
    }

    #[test]
    fn mistakes_name_what_is_wrong_and_what_is_accepted() {
        for (entry, words) in [
            (json!({ "update_params": { "governance": { "quorom": 1 } } }), "it has voting_seconds"),
            (json!({ "update_params": { "governance": { "quorum": "a lot" } } }), "update_params.governance"),
            (json!({ "update_params": { "governance": {} } }), "changes nothing"),
            (json!({ "update_params": { "registry": { "a": 1 } } }), "governance, staking have parameters"),
            (json!({ "update_params": {} }), "names no contract"),
            (json!({ "migrate": { "contract": "markt", "code_id": 7 } }), "market"),
            (json!({ "migrate": { "contract": "market" } }), "code_id"),
            (json!({ "send": { "to": "wasm1x", "amount": "5" } }), "1000000uakash"),
            (json!({ "sned": {} }), "expected one of"),
            (json!({ "slash": { "provider": "p", "fraction": 1, "reason": "r", "why": 1 } }), "why"),
        ] {
            let problems = calls(entry.clone()).unwrap_err().join("; ");
            assert!(problems.contains(words), "{entry}: {problems}");
        }
        let empty = Draft { title: "t".into(), description: "d".into(), messages: vec![] };
        assert!(empty.messages(&facts()).unwrap_err()[0].contains("at least one"));
    }
}
