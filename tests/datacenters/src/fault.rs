use std::fmt;

use e2e::Provider;

use crate::Datacenters;

/// What goes wrong in a datacenter or between two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing passes between the two.
    Cut(u16, u16),
    /// The agent dies as in a crash.
    Agent(u16),
    /// The engine dies as in a crash, its containers live on without it.
    Engine(u16),
}

impl Fault {
    /// The faults of datacenters 1 to `count`.
    pub fn all(count: u16) -> Vec<Self> {
        let numbers = || 1..=count;
        let cuts = numbers().flat_map(|one| (one + 1..=count).map(move |other| Self::Cut(one, other)));
        cuts.chain(numbers().map(Self::Agent)).chain(numbers().map(Self::Engine)).collect()
    }

    /// The kind alone, to count by.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Cut(..) => "link cut",
            Self::Agent(_) => "agent killed",
            Self::Engine(_) => "engine killed",
        }
    }

    pub fn inject(self, world: &Datacenters, providers: &[Provider]) {
        match self {
            Self::Cut(one, other) => world.cut(one, other),
            Self::Agent(number) => provider(providers, number).kill(),
            Self::Engine(number) => world.get(number).engine.control("kill"),
        }
    }

    /// Whether it was felt: packets are dropped, or nothing answers any more. What needs traffic to be felt gets some.
    pub fn struck(self, world: &Datacenters, providers: &[Provider]) -> bool {
        match self {
            Self::Cut(one, other) => {
                let gateway = provider(providers, other).gateway().trim_start_matches("https://");
                !world.reaches(one, gateway) && world.struck(one, other) > 0
            }
            Self::Agent(number) => provider(providers, number).ask("live").is_none(),
            Self::Engine(number) => !world.get(number).engine.answers(),
        }
    }

    pub fn heal(self, world: &Datacenters, providers: &[Provider]) {
        match self {
            Self::Cut(one, other) => world.heal(one, other),
            Self::Agent(number) => provider(providers, number).launch(),
            Self::Engine(number) => world.get(number).engine.control("start"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut(one, other) => write!(f, "{one} and {other} cut"),
            Self::Agent(number) => write!(f, "agent {number} killed"),
            Self::Engine(number) => write!(f, "engine {number} killed"),
        }
    }
}

fn provider(providers: &[Provider], number: u16) -> &Provider {
    &providers[usize::from(number) - 1]
}
