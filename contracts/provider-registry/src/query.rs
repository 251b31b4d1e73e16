use cloud_std::{Page, DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT};
use cosmwasm_std::{to_json_binary, Addr, Binary, Deps, Env, HexBinary};
use registry_api::{limits, AttestedProvider, Config, Limits, Provider, QueryMsg, Root, RootState};

use crate::state::StoredRoot;
use crate::{state, ContractError};

pub fn run(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let now = env.block.time.seconds();
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&config(deps)?),
        QueryMsg::Limits {} => to_json_binary(&answer_limits()),
        QueryMsg::Provider { provider } => to_json_binary(&provider_record(deps, &provider)?),
        QueryMsg::AttestedProvider { provider, start_after, limit } => {
            to_json_binary(&attested_provider(deps, &provider, start_after, limit)?)
        }
        QueryMsg::AttestationsOfAuditor { auditor, start_after, limit } => {
            let auditor = deps.api.addr_validate(&auditor)?;
            let start = start_after.map(|owner| deps.api.addr_validate(&owner)).transpose()?;
            to_json_binary(&state::attestations_of_auditor(deps.storage, &auditor, start.as_ref(), limit)?)
        }
        QueryMsg::Providers { start_after, limit } => {
            let start = start_after.map(|owner| deps.api.addr_validate(&owner)).transpose()?;
            to_json_binary(&state::providers(deps.storage, start.as_ref(), limit)?)
        }
        QueryMsg::ProviderOfOperator { operator } => {
            let operator = deps.api.addr_validate(&operator)?;
            to_json_binary(&state::provider_of_operator(deps.storage, &operator)?)
        }
        QueryMsg::Roots { account, start_after, limit } => {
            to_json_binary(&roots(deps, now, &account, start_after, limit)?)
        }
        QueryMsg::Root { account, fingerprint } => to_json_binary(&root(deps, now, &account, fingerprint)?),
    };
    Ok(answer?)
}

fn config(deps: Deps) -> Result<Config, ContractError> {
    let ownership = state::OWNERSHIP.load(deps.storage)?;
    Ok(Config {
        owner: ownership.owner,
        pending_owner: ownership.pending,
        market: state::market(deps.storage)?,
    })
}

fn answer_limits() -> Limits {
    Limits {
        max_operators: limits::MAX_OPERATORS as u32,
        max_endpoints: limits::MAX_ENDPOINTS as u32,
        max_endpoint_bytes: limits::MAX_ENDPOINT_BYTES as u32,
        max_attributes: limits::MAX_ATTRIBUTES as u32,
        max_attribute_key_bytes: limits::MAX_ATTRIBUTE_KEY_BYTES as u32,
        max_attribute_value_bytes: limits::MAX_ATTRIBUTE_VALUE_BYTES as u32,
        max_contact_bytes: limits::MAX_CONTACT_BYTES as u32,
        max_active_roots: limits::MAX_ACTIVE_ROOTS as u32,
        max_roots: limits::MAX_ROOTS as u32,
        max_root_der_bytes: limits::MAX_ROOT_DER_BYTES as u32,
        max_root_validity_seconds: limits::MAX_ROOT_VALIDITY_SECONDS,
        max_jail_seconds: limits::MAX_JAIL_SECONDS,
        default_page_limit: DEFAULT_PAGE_LIMIT,
        max_page_limit: MAX_PAGE_LIMIT,
    }
}

fn provider_record(deps: Deps, provider: &str) -> Result<Provider, ContractError> {
    let account = deps.api.addr_validate(provider)?;
    let record = state::provider(deps.storage, &account)?;
    record.ok_or(ContractError::NotRegistered { account })
}

fn attested_provider(
    deps: Deps,
    provider: &str,
    start_after: Option<String>,
    limit: Option<u32>,
) -> Result<AttestedProvider, ContractError> {
    let provider = provider_record(deps, provider)?;
    let start = start_after.map(|auditor| deps.api.addr_validate(&auditor)).transpose()?;
    let attestations = state::attestations_of_provider(deps.storage, &provider, start.as_ref(), limit)?;
    Ok(AttestedProvider { provider, attestations })
}

fn roots(
    deps: Deps,
    now: u64,
    account: &str,
    start_after: Option<HexBinary>,
    limit: Option<u32>,
) -> Result<Page<Root, HexBinary>, ContractError> {
    let account = deps.api.addr_validate(account)?;
    let page = state::roots_page(deps.storage, &account, start_after.as_deref(), limit)?;
    let items = page.items.into_iter().map(|stored| answer_root(&account, stored, now)).collect();
    Ok(Page { items, next: page.next })
}

fn root(deps: Deps, now: u64, account: &str, fingerprint: HexBinary) -> Result<Root, ContractError> {
    let account = deps.api.addr_validate(account)?;
    match state::root(deps.storage, &account, &fingerprint)? {
        Some(stored) => Ok(answer_root(&account, stored, now)),
        None => Err(ContractError::NoSuchRoot { account, fingerprint }),
    }
}

fn answer_root(account: &Addr, stored: StoredRoot, now: u64) -> Root {
    let state = if stored.revoked_at.is_some() {
        RootState::Revoked
    } else if stored.is_expired(now) {
        RootState::Expired
    } else {
        RootState::Active
    };
    Root {
        account: account.clone(),
        fingerprint: stored.fingerprint,
        key_hash: stored.key_hash,
        der: stored.der,
        not_before: stored.not_before,
        not_after: stored.not_after,
        published_at: stored.published_at,
        revoked_at: stored.revoked_at,
        state,
    }
}
