//! Specification, section 3: providers, keys, roots.

use std::collections::BTreeSet;

use cosmwasm_std::Addr;
use registry_api::{Attribute, ExecuteMsg};

use super::{ensure, Model, Outcome};
use crate::op::Funds;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderModel {
    pub payout: Addr,
    pub operators: Vec<Addr>,
    pub attributes: Vec<Attribute>,
    pub jailed_until: u64,
    pub root_valid_until: u64,
    pub registered_at: u64,
}

/// What an auditor signed, still true or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedModel {
    pub attributes: Vec<Attribute>,
    pub at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootModel {
    pub der: Vec<u8>,
    pub fingerprint: Vec<u8>,
    pub not_before: u64,
    pub not_after: u64,
    pub published_at: u64,
    pub revoked: bool,
}

/// What a generated certificate says, which the model takes on trust: how it was made decides whether it is good.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub key: [u8; 32],
    pub subject: Addr,
    pub not_before: u64,
    pub not_after: u64,
    pub broken: bool,
}

impl Model {
    /// What an auditor vouches for at a provider and the provider still says.
    pub fn vouched(&self, provider: &Addr, auditor: &Addr) -> Vec<Attribute> {
        let (Some(record), Some(signed)) =
            (self.providers.get(provider), self.attestations.get(&(provider.clone(), auditor.clone())))
        else {
            return vec![];
        };
        let anew = signed.at < record.registered_at;
        let holds = |one: &&Attribute| !anew && record.attributes.contains(one);
        signed.attributes.iter().filter(holds).cloned().collect()
    }

    pub fn may_operate(&self, key: &Addr, provider: &Addr) -> bool {
        let record = self.providers.get(provider);
        key == provider || record.is_some_and(|record| record.operators.contains(key))
    }

    fn operator_of(&self, key: &Addr) -> Option<&Addr> {
        self.providers.iter().find(|(_, record)| record.operators.contains(key)).map(|(owner, _)| owner)
    }

    fn root_end(&self, account: &Addr) -> u64 {
        let roots = self.roots.get(account).map(Vec::as_slice).unwrap_or_default();
        roots.iter().filter(|root| !root.revoked).map(|root| root.not_after).max().unwrap_or_default()
    }

    fn refresh(&mut self, account: &Addr) {
        let end = self.root_end(account);
        if let Some(record) = self.providers.get_mut(account) {
            record.root_valid_until = end;
        }
    }

    pub(super) fn registry_message(&mut self, sender: &Addr, msg: &ExecuteMsg, funds: &Funds) -> Outcome {
        ensure(funds.is_empty(), "takes no funds")?;
        match msg {
            ExecuteMsg::Register { payout, endpoints, attributes, contact } => {
                ensure(!self.providers.contains_key(sender), "registered")?;
                ensure(self.operator_of(sender).is_none(), "an operator")?;
                let mut record = ProviderModel {
                    payout: sender.clone(),
                    operators: vec![],
                    attributes: vec![],
                    jailed_until: self.jails.remove(sender).unwrap_or_default(),
                    root_valid_until: self.root_end(sender),
                    registered_at: self.now,
                };
                ensure(contact.is_none(), "the simulation gives no contact")?;
                self.give(&mut record, payout.as_deref(), Some(endpoints), Some(attributes))?;
                self.providers.insert(sender.clone(), record);
            }
            ExecuteMsg::Update { payout, endpoints, attributes, contact } => {
                let mut record = self.providers.get(sender).cloned().ok_or("not registered")?;
                let something =
                    payout.is_some() || endpoints.is_some() || attributes.is_some() || contact.is_some();
                ensure(something, "nothing")?;
                self.give(&mut record, payout.as_deref(), endpoints.as_ref(), attributes.as_ref())?;
                self.providers.insert(sender.clone(), record);
            }
            ExecuteMsg::Deregister {} => {
                let record = self.providers.get(sender).ok_or("not registered")?;
                ensure(self.registry_market == self.market, "the market does not answer")?;
                ensure(self.live_leases(sender) == 0, "live leases")?;
                if self.now < record.jailed_until {
                    self.jails.insert(sender.clone(), record.jailed_until);
                }
                self.providers.remove(sender);
            }
            ExecuteMsg::AddOperator { operator } => {
                ensure(self.providers.contains_key(sender), "not registered")?;
                let operator = self.address(operator)?;
                ensure(self.operator_of(&operator).is_none(), "works already")?;
                ensure(!self.providers.contains_key(&operator), "a provider")?;
                let record = self.providers.get_mut(sender).ok_or("not registered")?;
                ensure(record.operators.len() < 5, "too many operators")?;
                record.operators.push(operator);
            }
            ExecuteMsg::RemoveOperator { operator } => {
                let operator = self.address(operator)?;
                let record = self.providers.get_mut(sender).ok_or("not registered")?;
                ensure(record.operators.contains(&operator), "no operator")?;
                record.operators.retain(|key| *key != operator);
            }
            // The world knows what is in the certificate and calls `publish`.
            ExecuteMsg::PublishRoot { .. } => return Err("published by the world"),
            ExecuteMsg::RevokeRoot { fingerprint } => {
                let roots = self.roots.entry(sender.clone()).or_default();
                let root = roots.iter_mut().find(|root| root.fingerprint == fingerprint.as_slice());
                let root = root.ok_or("no such root")?;
                ensure(!root.revoked, "revoked")?;
                root.revoked = true;
                self.refresh(sender);
            }
            ExecuteMsg::Attest { provider, attributes } => {
                let provider = self.address(provider)?;
                let record = self.providers.get(&provider).ok_or("not registered")?;
                ensure(!attributes.is_empty(), "signs nothing")?;
                let keys: BTreeSet<_> = attributes.iter().map(|attribute| &attribute.key).collect();
                ensure(keys.len() == attributes.len(), "a key twice")?;
                ensure(attributes.iter().all(|one| record.attributes.contains(one)), "not what it says")?;
                let mut attributes = attributes.clone();
                attributes.sort();
                let signed = SignedModel { attributes, at: self.now };
                self.attestations.insert((provider, sender.clone()), signed);
            }
            ExecuteMsg::RevokeAttestation { provider } => {
                let provider = self.address(provider)?;
                self.attestations.remove(&(provider, sender.clone())).ok_or("nothing signed")?;
            }
            ExecuteMsg::Jail { provider, seconds, reason } => {
                let market = self.registry_market == *sender;
                ensure(market || self.registry_owner.owner == *sender, "neither owner nor market")?;
                let provider = self.address(provider)?;
                ensure(reason.len() <= 256 && (1..=366 * 86_400).contains(seconds), "no jailing")?;
                let until = self.now + *seconds;
                ensure(market || self.providers.contains_key(&provider), "not registered")?;
                self.jail(&provider, until);
            }
            ExecuteMsg::Unjail { provider } => {
                ensure(self.registry_owner.owner == *sender, "not the owner")?;
                let provider = self.address(provider)?;
                let now = self.now;
                match self.providers.get_mut(&provider) {
                    Some(record) => {
                        ensure(now < record.jailed_until, "not jailed")?;
                        record.jailed_until = 0;
                    }
                    None => {
                        ensure(self.jails.get(&provider).is_some_and(|until| now < *until), "not jailed")?;
                        self.jails.remove(&provider);
                    }
                }
            }
            ExecuteMsg::SetMarket { market } => {
                ensure(self.registry_owner.owner == *sender, "not the owner")?;
                let market = self.address(market)?;
                ensure(market != self.registry, "itself")?;
                self.registry_market = market;
            }
            ExecuteMsg::Ownership(action) => {
                let known = self.known.clone();
                self.registry_owner.act(sender, action, &known)?;
            }
        }
        Ok(())
    }

    fn give(
        &self,
        record: &mut ProviderModel,
        payout: Option<&str>,
        endpoints: Option<&Vec<String>>,
        attributes: Option<&Vec<Attribute>>,
    ) -> Outcome {
        if let Some(payout) = payout {
            record.payout = self.address(payout)?;
            let suite = record.payout == self.registry || record.payout == self.registry_market;
            ensure(!suite, "a contract of the suite")?;
        }
        if let Some(endpoints) = endpoints {
            ensure(endpoints.len() <= 5, "too many endpoints")?;
            ensure(endpoints.iter().all(|endpoint| endpoint.starts_with("https://")), "no endpoint")?;
        }
        if let Some(attributes) = attributes {
            let mut sorted = attributes.clone();
            sorted.sort();
            ensure(sorted.windows(2).all(|pair| pair[0].key != pair[1].key), "a key twice")?;
            record.attributes = sorted;
        }
        Ok(())
    }

    pub(super) fn jail(&mut self, provider: &Addr, until: u64) {
        match self.providers.get_mut(provider) {
            Some(record) => record.jailed_until = record.jailed_until.max(until),
            None => {
                let jail = self.jails.entry(provider.clone()).or_default();
                *jail = until.max(*jail);
            }
        }
    }

    /// A certificate of this content, published.
    pub fn publish(
        &mut self,
        sender: &Addr,
        der: &[u8],
        fingerprint: &[u8],
        inside: &Certificate,
    ) -> Outcome {
        let now = self.now;
        ensure(!inside.broken && inside.subject == *sender, "no root of the sender")?;
        ensure((inside.not_before..=inside.not_after).contains(&now), "not valid now")?;
        ensure(inside.not_after - inside.not_before <= 10 * 366 * 24 * 3_600, "valid too long")?;
        ensure(!self.keys.contains(&inside.key), "a used key")?;
        let roots = self.roots.entry(sender.clone()).or_default();
        let active = |root: &RootModel| !root.revoked && now <= root.not_after;
        ensure(roots.iter().filter(|root| active(root)).count() < 3, "three active roots")?;
        if roots.len() >= 16 {
            // An expired one goes first, then a revoked one; the oldest of them.
            let rank =
                |root: &RootModel| (now <= root.not_after, root.published_at, root.fingerprint.clone());
            let oldest = roots.iter().filter(|root| !active(root)).map(rank).min().ok_or("no room")?;
            roots.retain(|root| rank(root) != oldest);
        }
        roots.push(RootModel {
            der: der.to_vec(),
            fingerprint: fingerprint.to_vec(),
            not_before: inside.not_before,
            not_after: inside.not_after,
            published_at: now,
            revoked: false,
        });
        self.keys.insert(inside.key);
        self.refresh(sender);
        Ok(())
    }
}
