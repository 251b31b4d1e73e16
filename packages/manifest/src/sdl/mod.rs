//! Reading an SDL file.

mod addresses;
mod build;
mod compile;
mod extension;
mod gpu;
mod placement;
mod ports;
mod profiles;
mod quantity;
mod reader;
mod services;

use std::collections::BTreeMap;

use cloud_std::{Bps, Money};
use content::ContentRef;
use cosmwasm_std::Uint128;
use market_api::limits::{MAX_AMOUNT, MAX_BID_WINDOW, MAX_TERM};
use market_api::{Group, OrderSpec, Requirements, SignedBy};
use registry_api::limits::MAX_ATTRIBUTES;
use registry_api::Attribute;

use crate::error::{Error, Errors};
use crate::fits;
use crate::model::{Manifest, ManifestGroup};
use crate::price::{total_for_term, Amount};
use crate::rules::shown;
use crate::yaml;
pub use extension::Files;
use extension::Floors;
use reader::{At, Place, Reader};

/// A valid file.
#[derive(Clone, Debug)]
pub struct Sdl {
    file: String,
    manifest: Manifest,
    /// For each group of the manifest.
    offers: Vec<Offer>,
    warnings: Vec<Error>,
    wishes: Wishes,
    files: BTreeMap<ContentRef, String>,
}

/// The attribute that a provider publishes as `true` when it leases public addresses. An order for a group with a
/// leased address asks for it.
pub const LEASED_IP_ATTRIBUTE: &str = "feat-endpoint-ip";

/// What the file says about buying one group.
#[derive(Clone, Debug)]
struct Offer {
    floors: Floors,
    attributes: Vec<Attribute>,
    signed_by: SignedBy,
    /// Where a leased address is asked for first.
    leased_ip: Option<Place>,
    /// What the group asks for and an order cannot say yet.
    unsaid: Vec<Unsaid>,
    /// For each service of the group.
    prices: Vec<Price>,
}

#[derive(Clone, Debug)]
struct Unsaid {
    place: Place,
    what: &'static str,
    accepted: &'static str,
}

/// The most that one replica may cost for each block.
#[derive(Clone, Debug)]
struct Price {
    per_block: Amount,
    denom: String,
    place: Place,
}

/// The most that one replica of a service may cost for each block.
#[derive(Clone, Copy, Debug)]
pub struct ServicePrice<'a> {
    pub group: &'a str,
    pub service: &'a str,
    pub per_block: &'a Amount,
    /// As the file says it.
    pub denom: &'a str,
}

/// What an SDL does not say and an order needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Seconds that the price pays for.
    pub term: u64,
    /// Seconds that the orders take bids.
    pub bid_window: u64,
    /// Whether the next bid is matched when a winner declines or stays silent.
    pub fallback: bool,
    /// The chain's denom for each denom of the language, such as `uakt` to `uakash`.
    pub denom_map: BTreeMap<String, String>,
    /// Stake that a provider must have, in the base denom of staking; a placement of the file may ask for more.
    pub min_stake: u128,
}

/// What the file itself wishes of an order; none of them where it says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Seconds that the price pays for.
    pub term: Option<u64>,
    /// Seconds that the orders take bids.
    pub bid_window: Option<u64>,
    /// Whether the next bid is matched when a winner declines or stays silent.
    pub fallback: Option<bool>,
}

/// [`parse_with`] where no other file can be read: one that carries content is refused.
pub fn parse(file_name: &str, source: &[u8]) -> Result<Sdl, Errors> {
    parse_with(file_name, source, &mut extension::no_files)
}

/// Reads a file of the manifest language and reports all its mistakes at once. `file_name` is for the messages only.
/// `files` is asked for each file that the manifest carries: from the path as written to what names its content.
pub fn parse_with(file_name: &str, source: &[u8], files: &mut Files<'_>) -> Result<Sdl, Errors> {
    let (root, flaws) = yaml::read(source);
    let readable = root.is_some() || flaws.is_empty();
    let mut reader = Reader::new(file_name, flaws);
    if !readable {
        return Err(reader.finish());
    }
    let Some(root) = root else {
        reader.error(
            &Place::default(),
            "the file is empty",
            "a manifest: version, services, profiles and deployment",
        );
        return Err(reader.finish());
    };
    let compiled = compile::file(&mut reader, &At::new(&root, String::new()), files);
    match compiled {
        Some((manifest, offers, extension)) if !reader.has_errors() => {
            let warnings = reader.take_warnings();
            Ok(Sdl {
                file: file_name.to_string(),
                manifest,
                offers,
                warnings,
                wishes: extension.wishes,
                files: extension.files,
            })
        }
        _ => Err(reader.finish()),
    }
}

impl Sdl {
    /// The canonical manifest.
    pub fn manifest(&self) -> Manifest {
        self.manifest.clone()
    }

    /// The terms that the file itself wishes for its orders.
    pub fn wishes(&self) -> Wishes {
        self.wishes
    }

    /// What the file offers for each service, group by group.
    pub fn prices(&self) -> impl Iterator<Item = ServicePrice<'_>> {
        self.manifest.groups.iter().zip(&self.offers).flat_map(|(group, offer)| {
            group.services.iter().zip(&offer.prices).map(|(service, price)| ServicePrice {
                group: &group.name,
                service: &service.name,
                per_block: &price.per_block,
                denom: &price.denom,
            })
        })
    }

    /// The files that the manifest carries, by content, as the file names them.
    pub fn files(&self) -> &BTreeMap<ContentRef, String> {
        &self.files
    }

    /// What was accepted as Akash's own tools accept it, and may still not be what was meant, such as a caller that
    /// is no service of the file; in the order of the file.
    pub fn warnings(&self) -> &[Error] {
        &self.warnings
    }

    /// One order for each placement group, in the order of the groups. The price that the file gives for each block
    /// becomes the order's total for the term, service by service: see [`total_for_term`]. A leased address is asked
    /// for by the attribute [`LEASED_IP_ATTRIBUTE`]. Errors name the keys that cannot be sold on these terms, and
    /// those that ask for what an order cannot say, so that nobody bids on less than the file wants.
    pub fn orders(&self, terms: &Terms) -> Result<Vec<OrderSpec>, Errors> {
        let mut reader = Reader::new(&self.file, Vec::new());
        let term = Place { path: "term".to_string(), ..Place::default() };
        if !(1..=MAX_TERM).contains(&terms.term) {
            reader.error(&term, format!("a term of {} s", terms.term), format!("1 to {MAX_TERM} s"));
        }
        if !(1..=MAX_BID_WINDOW).contains(&terms.bid_window) {
            let place = Place { path: "bid_window".to_string(), ..Place::default() };
            let message = format!("a bidding window of {} s", terms.bid_window);
            reader.error(&place, message, format!("1 to {MAX_BID_WINDOW} s"));
        }
        let mut denoms: Vec<(String, Place)> = Vec::new();
        let mut orders = Vec::with_capacity(self.offers.len());
        for (group, offer) in self.manifest.groups.iter().zip(&self.offers) {
            orders.extend(order(&mut reader, group, offer, terms, &mut denoms));
        }
        if let Some((first, rest)) = denoms.split_first() {
            for (denom, place) in rest.iter().filter(|(denom, _)| *denom != first.0) {
                let message = format!("this price is in {denom}, the first one in {}", first.0);
                reader.error(place, message, "one denom for all prices, because one payment locks them");
            }
        }
        match reader.has_errors() {
            true => Err(reader.finish()),
            false => Ok(orders),
        }
    }
}

fn order(
    reader: &mut Reader,
    group: &ManifestGroup,
    offer: &Offer,
    terms: &Terms,
    denoms: &mut Vec<(String, Place)>,
) -> Option<OrderSpec> {
    for unsaid in &offer.unsaid {
        let message = format!("an order cannot ask for {} yet", unsaid.what);
        reader.error(&unsaid.place, message, unsaid.accepted);
    }
    let attributes = required_attributes(reader, offer);
    let mut total = 0_u128;
    let mut denom = None;
    for (service, price) in group.services.iter().zip(&offer.prices) {
        let Some(mapped) = terms.denom_map.get(&price.denom) else {
            let known: Vec<&str> = terms.denom_map.keys().map(String::as_str).collect();
            reader.error(
                &price.place,
                format!("this market takes no {}", price.denom),
                if known.is_empty() { "no denom at all".to_string() } else { known.join(", ") },
            );
            continue;
        };
        denoms.push((mapped.clone(), price.place.clone()));
        denom.get_or_insert(mapped);
        let sum = total_for_term(&price.per_block, service.count, terms.term)
            .and_then(|cost| total.checked_add(cost))
            .filter(|sum| *sum <= MAX_AMOUNT);
        match sum {
            Some(sum) => total = sum,
            None => reader.error(
                &price.place,
                format!("{} for each block is too much for a term of {} s", price.per_block, terms.term),
                format!("a total of up to {MAX_AMOUNT} for the group"),
            ),
        }
    }
    if total == 0 && denom.is_some() {
        if let Some(price) = offer.prices.first() {
            reader.error(&price.place, "the group would cost nothing", "an amount above 0");
        }
    }
    Some(OrderSpec {
        group: Group {
            name: group.name.clone(),
            resources: group.services.iter().map(fits::resources).collect(),
            requirements: Requirements {
                attributes,
                min_stake: Uint128::new(terms.min_stake.max(offer.floors.stake)),
                min_reputation: Bps(offer.floors.reputation),
                signed_by: offer.signed_by.clone(),
            },
        },
        term: terms.term,
        max_price: Money::new(denom?.clone(), total),
        bid_window: terms.bid_window,
        fallback: terms.fallback,
    })
}

/// The attributes of the placement, and what the services need a provider to have.
fn required_attributes(reader: &mut Reader, offer: &Offer) -> Vec<Attribute> {
    let mut attributes = offer.attributes.clone();
    let Some(place) = &offer.leased_ip else { return attributes };
    match attributes.iter().find(|attribute| attribute.key == LEASED_IP_ATTRIBUTE) {
        Some(attribute) if attribute.value == "true" => {}
        Some(attribute) => {
            let message = format!(
                "a leased address needs a provider with {LEASED_IP_ATTRIBUTE} = true, and the placement asks for {}",
                shown(&attribute.value)
            );
            reader.error(place, message, format!("{LEASED_IP_ATTRIBUTE}: true, or a placement without it"));
        }
        None if attributes.len() >= MAX_ATTRIBUTES => {
            let message = format!("a leased address adds to the placement's {MAX_ATTRIBUTES} attributes");
            reader.error(place, message, format!("up to {} attributes", MAX_ATTRIBUTES - 1));
        }
        None => {
            attributes.push(Attribute::new(LEASED_IP_ATTRIBUTE, "true"));
            attributes.sort();
        }
    }
    attributes
}
