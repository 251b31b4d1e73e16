//! Who could run a group, at what price, and why others would not: what the chain says of each provider, and what
//! each provider says itself.

use futures::stream::{self, StreamExt};
use gateway_api::{Quote, QuoteRequest};
use market_api::OrderSpec;
use registry_api::Provider;
use serde::Serialize;

use cloud_std::Money;

use crate::error::{CliError, Result};
use crate::output::table;
use crate::session::Session;
use crate::show;

/// Providers that are looked at.
const MAX_PROVIDERS: usize = 1_000;
/// Providers that are asked at the same time.
const AT_ONCE: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It says that it would bid, and the chain would let it.
    WouldBid,
    /// The chain would let it; what it would do itself is not known.
    CouldBid,
    /// The chain would let it; it says that it would not.
    WouldNotBid,
    /// The chain would not let it.
    NotEligible,
}

impl Verdict {
    fn text(self) -> &'static str {
        match self {
            Self::WouldBid => "would bid",
            Self::CouldBid => "could bid",
            Self::WouldNotBid => "would not bid",
            Self::NotEligible => "not eligible",
        }
    }
}

/// One provider, held against one group.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    pub provider: String,
    pub verdict: Verdict,
    /// For the whole term; what it says that it would ask.
    pub price: Option<Money>,
    /// Why it would or could not, or why it is not known; all that stand in the way.
    pub reasons: Vec<String>,
}

/// All registered providers, held against one group; the likeliest winner first.
#[derive(Clone, Debug, Serialize)]
pub struct GroupCandidates {
    pub group: String,
    pub candidates: Vec<Candidate>,
}

impl GroupCandidates {
    pub fn text(&self) -> String {
        let rows = self.candidates.iter().map(|candidate| {
            vec![
                show::short(&candidate.provider),
                candidate.verdict.text().to_owned(),
                candidate.price.as_ref().map(ToString::to_string).unwrap_or_default(),
                candidate.reasons.join("; "),
            ]
        });
        table(&["provider", "answer", "price", "because"], rows.collect(), "no providers are registered")
    }

    pub fn any_might_bid(&self) -> bool {
        self.candidates.iter().any(|candidate| candidate.verdict <= Verdict::CouldBid)
    }
}

/// Asks the chain and, where it can be reached, every provider.
pub async fn candidates(session: &Session, specs: &[OrderSpec]) -> Result<Vec<GroupCandidates>> {
    let providers = session.chain()?.contracts.registry.providers_all(MAX_PROVIDERS).await?;
    // Without a root of ours no gateway talks to us; the chain still does.
    let quotes = match session.identity().await {
        Ok(_) => None,
        Err(error) => Some(format!("its own answer is not known: {}", error.message)),
    };
    let per_provider: Vec<Result<Vec<Candidate>>> = stream::iter(&providers)
        .map(|provider| one_provider(session, provider, specs, quotes.as_deref()))
        .buffered(AT_ONCE)
        .collect()
        .await;
    let per_provider = per_provider.into_iter().collect::<Result<Vec<_>>>()?;
    let groups = specs.iter().enumerate().map(|(index, spec)| {
        let mut candidates: Vec<Candidate> =
            per_provider.iter().filter_map(|candidates| candidates.get(index).cloned()).collect();
        candidates.sort_by(|a, b| {
            let price = |candidate: &Candidate| candidate.price.as_ref().map(|price| price.amount);
            (a.verdict, price(a), &a.provider).cmp(&(b.verdict, price(b), &b.provider))
        });
        GroupCandidates { group: spec.group.name.clone(), candidates }
    });
    Ok(groups.collect())
}

async fn one_provider(
    session: &Session,
    provider: &Provider,
    specs: &[OrderSpec],
    no_quotes: Option<&str>,
) -> Result<Vec<Candidate>> {
    let market = &session.chain()?.contracts.market;
    let mut candidates = Vec::with_capacity(specs.len());
    // One gateway that did not answer is not asked again for the next group.
    let mut silent = no_quotes.map(str::to_owned);
    for spec in specs {
        let requirements = spec.group.requirements.clone();
        let eligibility = market.eligibility_for(requirements, provider.owner.as_str()).await?;
        let mut candidate = Candidate {
            provider: provider.owner.to_string(),
            verdict: Verdict::CouldBid,
            price: None,
            reasons: Vec::new(),
        };
        if !eligibility.eligible {
            candidate.verdict = Verdict::NotEligible;
            candidate.reasons =
                eligibility.checks.iter().filter(|check| !check.met).map(show::requirement).collect();
        } else if let Some(why) = &silent {
            candidate.reasons.push(why.clone());
        } else {
            match quote(session, provider, spec).await {
                Ok(Quote::WouldBid { price }) => {
                    candidate.verdict = Verdict::WouldBid;
                    candidate.price = Some(price);
                }
                Ok(Quote::NoBid { reasons }) => {
                    candidate.verdict = Verdict::WouldNotBid;
                    candidate.reasons = reasons.iter().map(ToString::to_string).collect();
                }
                Err(error) => {
                    let why = format!("its own answer is not known: {}", error.message);
                    candidate.reasons.push(why.clone());
                    silent = Some(why);
                }
            }
        }
        candidates.push(candidate);
    }
    Ok(candidates)
}

async fn quote(session: &Session, provider: &Provider, spec: &OrderSpec) -> Result<Quote> {
    let gateway = session.gateway_of(provider).await?;
    let request =
        QuoteRequest { group: spec.group.clone(), term: spec.term, max_price: spec.max_price.clone() };
    gateway.quote(&request).await.map_err(CliError::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_order_from_the_likeliest_winner() {
        assert!(Verdict::WouldBid < Verdict::CouldBid);
        assert!(Verdict::CouldBid < Verdict::WouldNotBid);
        assert!(Verdict::WouldNotBid < Verdict::NotEligible);
    }

    #[test]
    fn only_would_and_could_leave_hope() {
        let of = |verdict| GroupCandidates {
            group: "g".into(),
            candidates: vec![Candidate {
                provider: "p".into(),
                verdict,
                price: None,
                reasons: vec!["r".into()],
            }],
        };
        assert!(of(Verdict::WouldBid).any_might_bid());
        assert!(of(Verdict::CouldBid).any_might_bid());
        assert!(!of(Verdict::WouldNotBid).any_might_bid());
        assert!(!of(Verdict::NotEligible).any_might_bid());
        assert!(of(Verdict::NotEligible).text().contains("not eligible"));
    }
}
