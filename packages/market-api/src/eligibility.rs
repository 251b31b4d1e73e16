//! Requirements held against a provider. The market decides with this function, and whoever wants to know beforehand
//! asks it too, so that they can never disagree.

use cloud_std::Bps;
use cosmwasm_std::Uint128;
use registry_api::{Attestation, Attribute, Provider};

use crate::{LeaseId, RequirementCheck, RequirementKind, Requirements};

/// What the chain says about a provider. What the requirements do not ask for may be left out.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// None when it is not registered.
    pub record: Option<&'a Provider>,
    /// Of the auditors that the requirements name, held against `record`.
    pub attestations: &'a [Attestation],
    /// Bonded, in staking's base denom.
    pub stake: Uint128,
    pub reputation: Bps,
    /// A lease for whose fault a punishment failed and is due.
    pub punishment_due: Option<LeaseId>,
}

/// Every requirement, whether it is met, and why not. `now` is in seconds since the epoch.
pub fn checks(requirements: &Requirements, facts: &Facts, now: u64) -> Vec<RequirementCheck> {
    let mut checks = standing(facts.record, now);
    let wanted = &requirements.attributes;
    checks.extend(wanted.iter().map(|wish| attribute(wish, facts.record)));
    let signed_by = &requirements.signed_by;
    checks.extend(signed_by.all_of.iter().map(|auditor| all_of(auditor, wanted, facts)));
    if !signed_by.any_of.is_empty() {
        checks.push(any_of(&signed_by.any_of, wanted, facts));
    }
    if !requirements.min_stake.is_zero() {
        checks.push(RequirementCheck {
            requirement: RequirementKind::MinStake,
            met: facts.stake >= requirements.min_stake,
            expected: format!("a stake of at least {}", requirements.min_stake),
            found: facts.stake.to_string(),
        });
    }
    if requirements.min_reputation > Bps(0) {
        checks.push(RequirementCheck {
            requirement: RequirementKind::MinReputation,
            met: facts.reputation >= requirements.min_reputation,
            expected: format!("a reputation of at least {}", requirements.min_reputation.0),
            found: facts.reputation.0.to_string(),
        });
    }
    checks.push(RequirementCheck {
        requirement: RequirementKind::NoPunishmentDue,
        met: facts.punishment_due.is_none(),
        expected: "no punishment due".to_owned(),
        found: match facts.punishment_due {
            None => "none".to_owned(),
            Some(lease) => format!("one for lease {lease}: anyone may send punish"),
        },
    });
    checks
}

/// What every order asks for.
fn standing(record: Option<&Provider>, now: u64) -> Vec<RequirementCheck> {
    let registered = if record.is_some() { "registered" } else { "not registered" };
    let jailed = match record.map(|record| record.jailed_until) {
        None => "not registered".to_owned(),
        Some(0) => "not jailed".to_owned(),
        Some(until) => format!("jailed until {until}"),
    };
    let root = match record.map_or(0, |record| record.root_valid_until) {
        0 => "none".to_owned(),
        until => format!("valid until {until}"),
    };
    vec![
        RequirementCheck {
            requirement: RequirementKind::Registered,
            met: record.is_some(),
            expected: "registered".to_owned(),
            found: registered.to_owned(),
        },
        RequirementCheck {
            requirement: RequirementKind::NotJailed,
            met: record.is_some_and(|record| !record.is_jailed(now)),
            expected: format!("not jailed at {now}"),
            found: jailed,
        },
        RequirementCheck {
            requirement: RequirementKind::ValidRoot,
            met: record.is_some_and(|record| record.has_valid_root(now)),
            expected: format!("a certificate root valid at {now}"),
            found: root,
        },
    ]
}

fn shown(attribute: &Attribute) -> String {
    format!("{} = {}", attribute.key, attribute.value)
}

fn attribute(wish: &Attribute, record: Option<&Provider>) -> RequirementCheck {
    let held = record.map_or(&[][..], |record| &record.attributes);
    let meets = held.iter().find(|held| wish.is_met_by(held));
    // Or else what comes nearest.
    let found = meets.or_else(|| held.iter().find(|held| wish.names(&held.key)));
    RequirementCheck {
        requirement: RequirementKind::Attribute,
        met: meets.is_some(),
        expected: shown(wish),
        found: found.map_or_else(|| format!("no {}", wish.key), shown),
    }
}

/// Why an auditor's word is not enough; none when it is.
fn lacks(auditor: &str, wanted: &[Attribute], facts: &Facts) -> Option<String> {
    let attestation = facts.attestations.iter().find(|attestation| attestation.auditor.as_str() == auditor);
    let attributes = attestation.map_or(&[][..], |attestation| &attestation.attributes);
    if attributes.is_empty() {
        return Some("nothing attested that holds".to_owned());
    }
    let missing = wanted.iter().find(|wish| !attributes.iter().any(|held| wish.is_met_by(held)));
    missing.map(|wish| format!("{} not attested", shown(wish)))
}

fn all_of(auditor: &str, wanted: &[Attribute], facts: &Facts) -> RequirementCheck {
    let lacking = lacks(auditor, wanted, facts);
    RequirementCheck {
        requirement: RequirementKind::SignedByAllOf,
        met: lacking.is_none(),
        expected: format!("attested by {auditor}"),
        found: lacking.unwrap_or_else(|| "attested".to_owned()),
    }
}

fn any_of(auditors: &[String], wanted: &[Attribute], facts: &Facts) -> RequirementCheck {
    let signer = auditors.iter().find(|auditor| lacks(auditor, wanted, facts).is_none());
    let reasons = || {
        let reasons = auditors.iter().filter_map(|auditor| Some((auditor, lacks(auditor, wanted, facts)?)));
        reasons.map(|(auditor, why)| format!("{auditor}: {why}")).collect::<Vec<_>>().join("; ")
    };
    RequirementCheck {
        requirement: RequirementKind::SignedByAnyOf,
        met: signer.is_some(),
        expected: format!("attested by one of {}", auditors.join(", ")),
        found: signer.map_or_else(reasons, |auditor| format!("attested by {auditor}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SignedBy;
    use cosmwasm_std::Addr;

    fn attributes(texts: &[&str]) -> Vec<Attribute> {
        let pair = |text: &&str| text.split_once('=').map(|(key, value)| Attribute::new(key, value));
        texts.iter().filter_map(pair).collect()
    }

    fn provider(said: &[&str]) -> Provider {
        Provider {
            owner: Addr::unchecked("me"),
            payout: Addr::unchecked("me"),
            operators: vec![],
            endpoints: vec![],
            attributes: attributes(said),
            contact: Default::default(),
            jailed_until: 10,
            root_valid_until: 20,
            registered_at: 0,
            updated_at: 0,
        }
    }

    fn attestation(auditor: &str, signed: &[&str]) -> Attestation {
        Attestation {
            provider: Addr::unchecked("me"),
            auditor: Addr::unchecked(auditor),
            attributes: attributes(signed),
            lapsed: attributes(&["old=word"]),
            attested_at: 0,
        }
    }

    fn signed_by(any_of: &[&str], all_of: &[&str]) -> SignedBy {
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        SignedBy { any_of: owned(any_of), all_of: owned(all_of) }
    }

    fn met(requirements: &Requirements, facts: &Facts) -> Vec<(RequirementKind, bool)> {
        checks(requirements, facts, 15).into_iter().map(|check| (check.requirement, check.met)).collect()
    }

    #[test]
    fn every_requirement_is_listed_once_for_each_wish() {
        use RequirementKind::*;
        let requirements = Requirements {
            attributes: attributes(&["region=eu", "gpu/*=true"]),
            min_stake: Uint128::new(5),
            signed_by: signed_by(&["x", "y"], &["y", "z"]),
            min_reputation: Bps(7),
        };
        let record = provider(&["gpu/a100=true", "region=eu"]);
        let attestations =
            [attestation("y", &["gpu/a100=true", "region=eu"]), attestation("z", &["region=eu"])];
        let facts = Facts {
            record: Some(&record),
            attestations: &attestations,
            stake: Uint128::new(5),
            reputation: Bps(6),
            punishment_due: None,
        };
        let expected = [
            (Registered, true),
            (NotJailed, true),
            (ValidRoot, true),
            (Attribute, true),
            (Attribute, true),
            (SignedByAllOf, true),
            (SignedByAllOf, false),
            (SignedByAnyOf, true),
            (MinStake, true),
            (MinReputation, false),
            (NoPunishmentDue, true),
        ];
        assert_eq!(met(&requirements, &facts), expected);
        let told = checks(&requirements, &facts, 15);
        assert_eq!(told[4].found, "gpu/a100 = true");
        assert_eq!(told[6].found, "gpu/* = true not attested");
        assert_eq!(told[7].found, "attested by y");
        assert_eq!(told[9].expected, "a reputation of at least 7");
        assert_eq!(told[9].found, "6");
        // Who is nobody meets nothing.
        let nobody = Facts {
            record: None,
            attestations: &[],
            stake: Uint128::zero(),
            reputation: Bps(0),
            punishment_due: Some(LeaseId(3)),
        };
        assert!(checks(&requirements, &nobody, 15).iter().all(|check| !check.met));
    }

    #[test]
    fn without_wishes_only_what_every_order_asks_for_is_listed() {
        use RequirementKind::*;
        let record = provider(&[]);
        let facts = Facts {
            record: Some(&record),
            attestations: &[],
            stake: Uint128::zero(),
            reputation: Bps(0),
            punishment_due: None,
        };
        let expected = [(Registered, true), (NotJailed, true), (ValidRoot, true), (NoPunishmentDue, true)];
        assert_eq!(met(&Requirements::default(), &facts), expected);
        let at = |now| checks(&Requirements::default(), &facts, now);
        assert_eq!((at(9)[1].met, at(10)[1].met), (false, true));
        assert_eq!((at(20)[2].met, at(21)[2].met), (true, false));
    }

    #[test]
    fn an_auditor_without_wished_attributes_must_vouch_for_something_that_holds() {
        let requirements = Requirements { signed_by: signed_by(&[], &["x"]), ..Default::default() };
        let record = provider(&["region=eu"]);
        let meets = |attestations: &[Attestation]| {
            let facts = Facts {
                record: Some(&record),
                attestations,
                stake: Uint128::zero(),
                reputation: Bps(0),
                punishment_due: None,
            };
            checks(&requirements, &facts, 15).into_iter().all(|check| check.met)
        };
        assert!(!meets(&[]));
        assert!(!meets(&[attestation("x", &[])]), "what lapsed counts for nothing");
        assert!(!meets(&[attestation("y", &["region=eu"])]));
        assert!(meets(&[attestation("x", &["region=eu"])]));
    }

    #[test]
    fn several_auditors_do_not_add_up_to_one() {
        let wanted = attributes(&["a=1", "b=2"]);
        let record = provider(&["a=1", "b=2"]);
        let halves = [attestation("x", &["a=1"]), attestation("y", &["b=2"])];
        let facts = Facts {
            record: Some(&record),
            attestations: &halves,
            stake: Uint128::zero(),
            reputation: Bps(0),
            punishment_due: None,
        };
        let requirements =
            Requirements { attributes: wanted, signed_by: signed_by(&["x", "y"], &[]), ..Default::default() };
        let told = checks(&requirements, &facts, 15);
        let any = &told[5];
        assert!(!any.met);
        assert_eq!(any.found, "x: b = 2 not attested; y: a = 1 not attested");
    }

    #[test]
    fn requirements_written_before_auditors_and_reputation_read_as_asking_for_neither() {
        let old = r#"{"attributes":[],"min_stake":"7"}"#;
        let read: Requirements = cosmwasm_std::from_json(old).unwrap();
        assert_eq!(read, Requirements { min_stake: Uint128::new(7), ..Default::default() });
        // And what asks for neither is stored without them.
        assert_eq!(cosmwasm_std::to_json_string(&read).unwrap(), old);
        let new = r#"{"attributes":[],"min_stake":"0","signed_by":{"all_of":["x"]},"min_reputation":9}"#;
        let read: Requirements = cosmwasm_std::from_json(new).unwrap();
        assert_eq!((read.signed_by, read.min_reputation), (signed_by(&[], &["x"]), Bps(9)));
    }
}
