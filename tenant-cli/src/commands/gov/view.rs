//! What proposals look like.

use cosmwasm_std::{Binary, CosmosMsg, Uint128};
use governance_api::{Ballot, DepositState, FullProposal, Proposal, Status, Vote};
use serde::Serialize;
use serde_json::Value;

use super::draft::Facts;
use crate::output::{facts, table};
use crate::show::short;
use crate::units::{duration, moment};

/// A proposal with what a reader would otherwise have to count.
#[derive(Debug, Serialize)]
pub struct View {
    #[serde(flatten)]
    pub proposal: Proposal,
    pub description: String,
    /// As the chain takes them, what they carry written out.
    pub messages: Vec<Value>,
    /// Parameters that the messages set to another value than they have now.
    pub changes: Vec<Change>,
    pub progress: Progress,
    /// Absent when they were not asked for.
    pub votes: Option<Vec<Ballot>>,
    /// Of the key that signs; absent when there is none.
    pub own_vote: Option<Ballot>,
    pub transaction: Option<String>,
}

/// A parameter with the value that it has now and the one that a message gives it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Such as `market.notice_window`.
    pub parameter: String,
    pub now: Value,
    pub proposed: Value,
}

/// What whole parameters in messages change.
pub fn changes(messages: &[Value], facts: &Facts) -> Vec<Change> {
    let mut changes = Vec::new();
    for message in messages {
        let call = &message["wasm"]["execute"];
        let Some(proposed) = call["msg"]["update_params"]["params"].as_object() else { continue };
        let named = facts.contracts.iter().find(|(_, address)| call["contract_addr"] == ***address);
        let Some((name, _)) = named else { continue };
        let now = facts.params.get(name).cloned().unwrap_or_default();
        changes.extend(proposed.iter().filter(|(key, value)| now[key.as_str()] != **value).map(
            |(key, value)| Change {
                parameter: format!("{name}.{key}"),
                now: now[key.as_str()].clone(),
                proposed: value.clone(),
            },
        ));
    }
    changes
}

/// Where it stands and how long that lasts.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Of the newest block, in seconds since the epoch.
    pub now: u64,
    /// Weight of all votes.
    pub voted: Uint128,
    /// Weight that has to vote.
    pub quorum_weight: Uint128,
    /// Seconds until the next moment that matters; none when none is left.
    pub seconds_left: Option<u64>,
    /// What can be done now, or waited for.
    pub next: String,
}

impl Progress {
    pub fn of(proposal: &Proposal, now: u64) -> Self {
        let tally = &proposal.tally;
        let voted = [tally.yes, tally.no, tally.abstain, tally.veto];
        let voted = voted.iter().fold(0u128, |sum, part| sum.saturating_add(part.u128()));
        let quorum = proposal.total_weight.u128().saturating_mul(proposal.quorum.0.into()).div_ceil(10_000);
        let id = proposal.id;
        let until = |at: u64| {
            let left = at.saturating_sub(now);
            (Some(left), format!("{} ({} left)", moment(at), duration(left)))
        };
        let (seconds_left, next) = match proposal.status {
            Status::Voting => {
                let (left, when) = until(proposal.voting_ends_at);
                (left, format!("vote until {when}: akash gov vote {id} yes|no|abstain|veto"))
            }
            Status::Passed => {
                let (left, when) = until(proposal.executable_at);
                (left, format!("wait for the time-lock until {when}, then akash gov execute {id}"))
            }
            Status::Executable => {
                let (left, when) = until(proposal.expires_at);
                (left, format!("execute it until {when}: akash gov execute {id}"))
            }
            _ if unsettled(proposal) => (None, format!("settle its deposit: akash gov settle {id}")),
            _ => (None, "nothing is left to do".to_owned()),
        };
        Self { now, voted: voted.into(), quorum_weight: quorum.into(), seconds_left, next }
    }
}

fn unsettled(proposal: &Proposal) -> bool {
    proposal.deposit_state == DepositState::Held && !proposal.deposit.amount.is_zero()
}

impl View {
    pub fn new(full: FullProposal, chain: &Facts) -> Self {
        let progress = Progress::of(&full.proposal, chain.now);
        let messages: Vec<Value> = full.messages.iter().map(readable).collect();
        let changes = changes(&messages, chain);
        let (votes, own_vote, transaction) = (None, None, None);
        let FullProposal { proposal, description, .. } = full;
        Self { proposal, description, messages, changes, progress, votes, own_vote, transaction }
    }

    pub fn text(&self) -> String {
        let (proposal, progress) = (&self.proposal, &self.progress);
        let (tally, total) = (&proposal.tally, proposal.total_weight);
        let deciding = [tally.yes, tally.no, tally.veto];
        let deciding = deciding.iter().fold(Uint128::zero(), |sum, part| sum.saturating_add(*part));
        let of_all = |weight: Uint128| format!("{weight}, {} of all stake", percent(weight, total));
        let mut lines = vec![
            ("proposal", format!("{}: {}", proposal.id, proposal.title)),
            ("status", status(proposal.status).to_owned()),
            ("by", format!("{} at {}", proposal.proposer, moment(proposal.created_at))),
            ("weights", format!("{total} in all at block {}", proposal.start_height)),
            ("yes", of_all(tally.yes)),
            ("no", of_all(tally.no)),
            ("abstain", of_all(tally.abstain)),
            ("veto", of_all(tally.veto)),
            ("quorum", format!("{} voted, {} needed", progress.voted, progress.quorum_weight)),
            (
                "threshold",
                format!(
                    "yes is {} of yes, no and veto; more than {} needed",
                    percent(tally.yes, deciding),
                    bps(proposal.threshold.0)
                ),
            ),
            (
                "vetoes",
                format!(
                    "{} of all votes; {} stop it",
                    percent(tally.veto, progress.voted),
                    bps(proposal.veto.0)
                ),
            ),
            ("voting", format!("until {}", moment(proposal.voting_ends_at))),
            (
                "execution",
                format!(
                    "from {} to {}{}",
                    moment(proposal.executable_at),
                    moment(proposal.expires_at),
                    if proposal.upgrade { ", after the time-lock of upgrades" } else { "" }
                ),
            ),
            ("deposit", format!("{}, {}", proposal.deposit, deposit_state(proposal.deposit_state))),
        ];
        if let Some(at) = proposal.executed_at {
            lines.push(("executed", moment(at)));
        }
        if let Some(failure) = &proposal.failure {
            lines.push(("failed", format!("at {}: {}", moment(failure.at), failure.reason)));
        }
        if let Some(ballot) = &self.own_vote {
            lines.push(("own vote", format!("{} with {}", vote(ballot.vote), ballot.weight)));
        }
        let mut out = facts(&lines);
        let messages = messages(&self.messages, &self.changes);
        out.push_str(&format!("\n\n{}\n\n{messages}", self.description.trim_end()));
        if let Some(votes) = &self.votes {
            let rows = votes.iter().map(|ballot| {
                vec![ballot.voter.to_string(), vote(ballot.vote).to_owned(), ballot.weight.to_string()]
            });
            out.push_str(&format!("\n\n{}", table(&["voter", "vote", "weight"], rows.collect(), "no votes")));
        }
        out.push_str(&format!("\n\nnext: {}", progress.next));
        out
    }
}

/// Numbered, each as JSON, and then what they change.
pub fn messages(messages: &[Value], changes: &[Change]) -> String {
    let numbered = messages.iter().enumerate().map(|(at, message)| format!("message {at}: {message}"));
    let changes = changes
        .iter()
        .map(|Change { parameter, now, proposed }| format!("changes {parameter} from {now} to {proposed}"));
    numbered.chain(changes).collect::<Vec<_>>().join("\n")
}

/// A message with what it carries as JSON in place of base64.
pub fn readable(message: &CosmosMsg) -> Value {
    let mut value = serde_json::to_value(message).unwrap_or_else(|error| error.to_string().into());
    if let Some(call) = value.get_mut("wasm").and_then(Value::as_object_mut) {
        for body in call.values_mut() {
            let decoded = body.get("msg").and_then(Value::as_str).and_then(|text| {
                let bytes = Binary::from_base64(text).ok()?;
                serde_json::from_slice::<Value>(&bytes).ok()
            });
            if let Some(decoded) = decoded {
                body["msg"] = decoded;
            }
        }
    }
    value
}

pub fn list(items: &[Proposal], now: u64) -> String {
    let rows = items.iter().map(|item| {
        let progress = Progress::of(item, now);
        vec![
            item.id.to_string(),
            status(item.status).to_owned(),
            progress.seconds_left.map(duration).unwrap_or_default(),
            item.tally.yes.to_string(),
            (item.tally.no.saturating_add(item.tally.veto)).to_string(),
            percent(progress.voted, item.total_weight),
            short(item.proposer.as_str()),
            item.title.clone(),
        ]
    });
    table(
        &["proposal", "status", "left", "yes", "no", "voted", "by", "title"],
        rows.collect(),
        "no proposals",
    )
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Voting => "voting",
        Status::NoQuorum => "failed: too few voted",
        Status::Vetoed => "failed: vetoed",
        Status::Rejected => "failed: rejected",
        Status::Passed => "passed, waits for its time-lock",
        Status::Executable => "passed, can be executed",
        Status::Expired => "passed, not executed in time",
        Status::Executed => "executed",
    }
}

pub fn vote(vote: Vote) -> &'static str {
    match vote {
        Vote::Yes => "yes",
        Vote::No => "no",
        Vote::Abstain => "abstain",
        Vote::Veto => "veto",
    }
}

fn deposit_state(state: DepositState) -> &'static str {
    match state {
        DepositState::Held => "held",
        DepositState::Returned => "returned",
        DepositState::Forfeited => "left to the treasury",
    }
}

/// Basis points as percent, such as `33.40 %`.
pub fn bps(bps: u16) -> String {
    format!("{}.{:02} %", bps / 100, bps % 100)
}

/// Rounded down; `0.00 %` of nothing.
fn percent(part: Uint128, whole: Uint128) -> String {
    let scaled = part.u128().saturating_mul(10_000);
    bps(scaled.checked_div(whole.u128()).unwrap_or_default().min(10_000) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloud_std::{Bps, Money};
    use cosmwasm_std::{to_json_binary, Addr, WasmMsg};
    use governance_api::{DepositLoss, Failure, ProposalId, Tally};

    fn proposal(status: Status) -> Proposal {
        Proposal {
            id: ProposalId(3),
            proposer: Addr::unchecked("wasm1proposer"),
            title: "Longer notice".into(),
            status,
            start_height: 9,
            total_weight: 1_001u128.into(),
            tally: Tally {
                yes: 300u128.into(),
                no: 100u128.into(),
                abstain: 0u128.into(),
                veto: 100u128.into(),
            },
            quorum: Bps(4_000),
            threshold: Bps(5_000),
            veto: Bps(3_340),
            upgrade: false,
            created_at: 0,
            voting_ends_at: 100,
            executable_at: 200,
            expires_at: 300,
            deposit: Money::new("uakash", 5u128),
            deposit_loss: DepositLoss::Vetoed,
            deposit_state: DepositState::Held,
            executed_at: None,
            failure: None,
        }
    }

    /// The chain at this second, with a market that has two parameters.
    fn chain(now: u64) -> Facts {
        let params = serde_json::json!({ "notice_window": 60, "min_term": 10 });
        Facts {
            contracts: [("market".to_owned(), "wasm1m".to_owned())].into(),
            bech32_prefix: "wasm".into(),
            params: [("market".to_owned(), params)].into(),
            now,
        }
    }

    #[test]
    fn parameters_that_change_are_told_with_both_values() {
        let set = |contract: &str| {
            let params = serde_json::json!({ "notice_window": 90, "min_term": 10 });
            let msg = serde_json::json!({ "update_params": { "params": params } });
            serde_json::json!({ "wasm": { "execute": { "contract_addr": contract, "msg": msg, "funds": [] } } })
        };
        let told = changes(&[set("wasm1m"), set("wasm1other")], &chain(1));
        assert_eq!(told.len(), 1);
        assert_eq!(messages(&[], &told), "changes market.notice_window from 60 to 90");
    }

    fn full(proposal: Proposal) -> FullProposal {
        let msg = to_json_binary(&serde_json::json!({ "claim": {} })).unwrap();
        let call = WasmMsg::Execute { contract_addr: "wasm1m".into(), msg, funds: vec![] };
        FullProposal { proposal, description: "Why.".into(), messages: vec![call.into()] }
    }

    #[test]
    fn each_status_says_what_to_do_next_and_how_long() {
        for (status, now, left, words) in [
            (Status::Voting, 40, Some(60), "akash gov vote 3 yes|no|abstain|veto"),
            (Status::Passed, 110, Some(90), "time-lock until 1970-01-01T00:03:20Z (1m30s left)"),
            (Status::Executable, 210, Some(90), "akash gov execute 3"),
            (Status::Expired, 400, None, "akash gov settle 3"),
            (Status::Rejected, 400, None, "akash gov settle 3"),
            (Status::Executed, 400, None, "akash gov settle 3"),
        ] {
            let progress = Progress::of(&proposal(status), now);
            assert_eq!(progress.seconds_left, left, "{status:?}");
            assert!(progress.next.contains(words), "{status:?}: {}", progress.next);
        }
        let settled = Proposal { deposit_state: DepositState::Returned, ..proposal(Status::Executed) };
        assert_eq!(Progress::of(&settled, 400).next, "nothing is left to do");
    }

    #[test]
    fn the_quorum_is_counted_up_and_parts_are_shown_as_percent() {
        let view = View::new(full(proposal(Status::Voting)), &chain(1));
        assert_eq!((view.progress.voted.u128(), view.progress.quorum_weight.u128()), (500, 401));
        let text = view.text();
        for words in [
            "3: Longer notice",
            "500 voted, 401 needed",
            "yes is 60.00 % of yes, no and veto; more than 50.00 % needed",
            "20.00 % of all votes; 33.40 % stop it",
            "Why.",
            r#"{"wasm":{"execute":{"contract_addr":"wasm1m","msg":{"claim":{}},"funds":[]}}}"#,
            "next: vote until",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }

    #[test]
    fn a_failed_attempt_is_told_with_its_reason() {
        let failure = Some(Failure { at: 210, reason: "codespace: wasm, code: 5".into() });
        let view = View::new(full(Proposal { failure, ..proposal(Status::Executable) }), &chain(220));
        assert!(view.text().contains("codespace: wasm, code: 5"));
    }

    #[test]
    fn lists_show_who_and_how_far() {
        let text = list(&[proposal(Status::Voting)], 40);
        for words in ["Longer notice", "voting", "1m", "49.95 %"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert_eq!(list(&[], 40), "no proposals");
    }
}
