//! `akash close` and `akash top-up`: the money of what runs.

use serde_json::json;

use crate::cli::{CloseArgs, TopUpArgs};
use crate::error::{CliError, Result};
use crate::flow::close::{close, close_lease};
use crate::output::{facts, Answer};
use crate::session::Session;
use crate::show;
use crate::units::{duration, moment};

pub async fn run(session: &Session, args: CloseArgs) -> Result<Answer> {
    if let Some(id) = args.lease {
        session.confirm(&format!("End lease {id} now? What it did not use comes back."))?;
        let (closed, transaction) = close_lease(session, id).await?;
        let text = facts(&[
            ("lease", closed.lease.to_string()),
            ("end", closed.reason.map(show::end_reason).unwrap_or_default().to_owned()),
            ("served", duration(closed.served)),
            ("paid", closed.paid.to_string()),
            ("refunded", closed.refunded.to_string()),
        ]);
        let mut value = json!(closed);
        value["transaction"] = json!(transaction);
        return Ok(Answer::new(value, text));
    }
    let Some(id) = args.deployment else {
        return Err(CliError::bad_input("nothing to close: name a deployment, or a lease with --lease"));
    };
    session
        .confirm(&format!("Close deployment {id} with everything in it? What it did not use comes back."))?;
    session.unlock().await?;
    let progress = session.progress();
    let closed = close(session, &progress, id).await?;
    progress.finish();
    let text = closed.text();
    Ok(Answer::new(closed, text))
}

pub async fn top_up(session: &Session, args: TopUpArgs) -> Result<Answer> {
    let market = &session.chain()?.contracts.market;
    let before = market.lease(args.lease).await?;
    if args.amount.denom != before.price.denom {
        return Err(CliError::bad_input(format!(
            "{}: lease {} is paid in {}",
            args.amount, before.id, before.price.denom
        ))
        .hint(format!("write {}{}", args.amount.amount, before.price.denom)));
    }
    session.confirm(&format!("Pay {} into lease {}?", args.amount, before.id))?;
    let msg = market_api::ExecuteMsg::TopUp { lease: args.lease };
    let result = session.execute_market(&msg, vec![args.amount.clone()]).await?;
    let lease = market.lease(args.lease).await?;
    let bought = lease.funded_seconds.saturating_sub(before.funded_seconds);
    let text = facts(&[
        ("lease", lease.id.to_string()),
        ("paid in", args.amount.to_string()),
        ("bought", duration(bought)),
        ("paid until", moment(lease.ends_at)),
    ]);
    let value = json!({ "lease": lease, "amount": args.amount, "bought_seconds": bought, "transaction": result.hash });
    Ok(Answer::new(value, text))
}
