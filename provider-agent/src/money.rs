//! Takes what active leases have earned when it is worth the transaction, and watches the fee money.

use std::sync::Arc;

use cosmwasm_std::Uint128;
use market_api::{ExecuteMsg, Lease, LeasePhase};
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::core::Core;
use crate::leases::WITHDRAW_GAS;
use crate::store::StoreError;

/// The fee money should pay for this many withdrawals; less is reported.
const LOW_BALANCE_WITHDRAWALS: u64 = 20;

/// Whether to withdraw from an active lease now. `cost` is the fee in the lease's denom, none in another one.
pub fn is_worth_it(lease: &Lease, cost: Option<Uint128>, rules: &config::Money, last: u64, now: u64) -> bool {
    let unpaid = lease.earned.saturating_sub(lease.withdrawn);
    if unpaid.is_zero() {
        return false;
    }
    let last = last.max(lease.started_at.unwrap_or(now));
    let overdue = now.saturating_sub(last) >= rules.interval.0.as_secs();
    match cost {
        Some(cost) if rules.fee_multiple > 0 => {
            let enough =
                cost.checked_mul(Uint128::from(rules.fee_multiple)).is_ok_and(|least| unpaid >= least);
            enough || (overdue && unpaid > cost)
        }
        // Fees in another denom cannot be weighed, and a multiple of 0 asks for no weighing.
        _ => overdue || rules.fee_multiple == 0,
    }
}

/// Runs until it is cancelled or the database fails.
pub async fn run(core: Arc<Core>, cancel: CancellationToken) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            () = cancel.cancelled() => return Ok(()),
            () = tokio::time::sleep(core.config.money.check.0) => {}
        }
        if !core.may_act() {
            continue;
        }
        match look(&core).await {
            Ok(()) => {}
            Err(MoneyError::Store(e)) => return Err(e.into()),
            Err(MoneyError::Query(e)) => tracing::warn!(error = %e, "earnings cannot be looked at now"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum MoneyError {
    #[error(transparent)]
    Query(#[from] chain_client::QueryError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

async fn look(core: &Arc<Core>) -> Result<(), MoneyError> {
    let height = core.height();
    let now = core.head().time;
    let fee = core.chain.fee(WITHDRAW_GAS);
    let mut cursor = None;
    loop {
        let page = core.chain.live_leases(height, cursor).await?;
        for lease in page.items.iter().filter(|lease| lease.phase == LeasePhase::Active) {
            let last = core.store.lease_row(lease.id.0)?.map_or(0, |row| row.withdrawn_at);
            let cost = (fee.denom == lease.price.denom).then_some(fee.amount);
            if is_worth_it(lease, cost, &core.config.money, last, now) {
                withdraw(core, lease, now);
            }
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let balance = core.chain.operator_balance(&fee.denom).await?;
    core.metrics.operator_balance.set(balance.amount.u128() as f64);
    let least = core.chain.fee(WITHDRAW_GAS.saturating_mul(LOW_BALANCE_WITHDRAWALS)).amount;
    if balance.amount < least {
        tracing::warn!(%balance, %least, "the operator key runs out of fee money: send it some");
    }
    Ok(())
}

fn withdraw(core: &Arc<Core>, lease: &Lease, now: u64) {
    let id = lease.id;
    let core = core.clone();
    core.clone().tasks.spawn(async move {
        if core.execute(format!("withdraw/{id}"), &ExecuteMsg::Withdraw { lease: id }, vec![]).await.is_ok() {
            core.metrics.withdrawals.inc();
            core.health.withdrawn();
        }
        // A failed one waits as long as one that worked: fees are not burnt on repeating it.
        if let Err(e) = core.store.update_lease(id.0, |row| row.withdrawn_at = now) {
            tracing::error!(lease = id.0, error = %e, "the withdrawal could not be recorded");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloud_std::Money;
    use cosmwasm_std::Addr;
    use market_api::{DeploymentId, LeaseId, LeaseState, OrderId};

    fn lease(earned: u128, withdrawn: u128) -> Lease {
        Lease {
            id: LeaseId(1),
            deployment: DeploymentId(1),
            order: OrderId(1),
            group: "web".into(),
            tenant: Addr::unchecked("tenant"),
            provider: Addr::unchecked("me"),
            state: LeaseState::Active,
            phase: LeasePhase::Active,
            price: Money::new("uakash", 1000u128),
            term: 1000,
            matched_version: vec![0; 32].into(),
            funds: Uint128::new(1000),
            funded_seconds: 1000,
            earned: Uint128::new(earned),
            withdrawn: Uint128::new(withdrawn),
            refunded: Uint128::zero(),
            matched_at: 0,
            activate_until: 0,
            started_at: Some(0),
            notice_until: None,
            ends_at: 1000,
            end_reason: None,
        }
    }

    #[test]
    fn a_withdrawal_must_pay_for_itself_many_times_or_be_due() {
        let rules = config::Money { fee_multiple: 20, ..Default::default() };
        let cost = Some(Uint128::new(10));
        assert!(!is_worth_it(&lease(199, 0), cost, &rules, 0, 10));
        assert!(is_worth_it(&lease(200, 0), cost, &rules, 0, 10));
        let day = rules.interval.0.as_secs();
        assert!(is_worth_it(&lease(11, 0), cost, &rules, 0, day));
        assert!(!is_worth_it(&lease(10, 0), cost, &rules, 0, day));
        assert!(!is_worth_it(&lease(50, 50), cost, &rules, 0, day));
        assert!(!is_worth_it(&lease(50, 0), None, &rules, day, day + 1));
        let always = config::Money { fee_multiple: 0, ..rules };
        assert!(is_worth_it(&lease(1, 0), cost, &always, 0, 1));
    }
}
