//! `akash plan`: what a manifest would cost and who could run it, before anything is paid.

use serde::Serialize;

use crate::cli::PlanArgs;
use crate::error::Result;
use crate::flow::candidates::{candidates, GroupCandidates, Verdict};
use crate::output::Answer;
use crate::sdl::{self, Cost};
use crate::session::Session;

#[derive(Serialize)]
struct Plan {
    version: String,
    cost: Cost,
    groups: Vec<GroupCandidates>,
    /// Whether every group has at least one provider that would or could bid.
    could_run: bool,
}

pub async fn run(session: &Session, args: PlanArgs) -> Result<Answer> {
    let sdl = sdl::read(session, &args.file)?;
    let specs = sdl::orders(session, &sdl, &args.terms).await?;
    let cost = Cost::of(&specs)?;
    let progress = session.progress();
    progress.wait("asking the chain and the providers");
    let groups = candidates(session, &specs).await?;
    progress.finish();
    let could_run = groups.iter().all(GroupCandidates::any_might_bid);
    let plan = Plan { version: sdl.manifest().version().to_string(), cost, groups, could_run };
    let text = text(&plan);
    Ok(Answer::new(plan, text))
}

fn text(plan: &Plan) -> String {
    let mut out = plan.cost.text();
    for group in &plan.groups {
        out.push_str(&format!("\n\ngroup {}\n{}", group.group, group.text()));
        let best = group.candidates.iter().find(|candidate| candidate.verdict == Verdict::WouldBid);
        if let Some(price) = best.and_then(|candidate| candidate.price.as_ref()) {
            out.push_str(&format!("\nlikely price: {price}"));
        }
    }
    out.push_str(if plan.could_run {
        "\n\nnothing was paid; akash deploy opens the orders"
    } else {
        "\n\nnobody could run it now; nothing was paid"
    });
    out
}
