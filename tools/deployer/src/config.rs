//! The file that says what to deploy where.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chain_client::GasPrice;
use cloud_std::Bps;
use serde::Deserialize;
use staking_api::Destination;

use crate::DeployError;

/// One deployment of the suite. Unknown keys are errors; relative paths start at the file's own folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where addresses are written once the suite is complete; progress is kept beside it.
    pub address_book: PathBuf,
    /// The folder of the contracts' Wasm.
    #[serde(default = "default_artifacts")]
    pub artifacts: PathBuf,
    /// Administers the contracts; the deploying account when absent. Wiring needs the deploying account to be the
    /// owner, so another one is offered the contracts at the end and has to accept.
    pub owner: Option<String>,
    /// May migrate the contracts; the deploying account when absent.
    pub admin: Option<String>,
    pub chain: Chain,
    pub key: Key,
    pub staking: Staking,
    /// As the market takes them.
    pub market: market_api::Params,
    /// Deployed when present.
    pub governance: Option<Governance>,
    /// Denoms that manifests name to denoms of this chain.
    #[serde(default)]
    pub sdl_denoms: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    pub id: String,
    /// CometBFT RPC endpoints, the preferred one first.
    pub rpc: Vec<String>,
    pub bech32_prefix: String,
    /// Such as `0.025uakash`.
    #[serde(deserialize_with = "gas_price")]
    pub gas_price: GasPrice,
    /// Gas given for 100 of simulated gas.
    #[serde(default = "default_gas_percent")]
    pub gas_percent: u64,
    /// Blocks that a transaction waits for its inclusion at most.
    #[serde(default = "default_timeout_blocks")]
    pub timeout_blocks: u64,
}

/// Where the deploying key comes from: exactly one of the first three.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// A file with the words alone.
    pub mnemonic_file: Option<PathBuf>,
    /// A variable with the words.
    pub mnemonic_env: Option<String>,
    /// A key file of `akash`.
    pub key_file: Option<PathBuf>,
    /// For an encrypted key file: a variable with its passphrase.
    pub passphrase_env: Option<String>,
    /// For an encrypted key file: a file with its passphrase in the first line.
    pub passphrase_file: Option<PathBuf>,
}

/// As staking takes them, save that the treasury may be left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staking {
    pub denom: String,
    /// Seconds.
    pub unbonding_seconds: u64,
    /// Gets slashed tokens whose destination it is; the owner when absent, governance after a hand-over.
    pub treasury: Option<String>,
    pub on_activation_expired: Destination,
    pub on_lease_broken: Destination,
    pub on_governance: Destination,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Governance {
    /// At the end, makes governance the owner and the admin of everything. No account can take that back.
    pub hand_over: bool,
    /// As governance takes them; they never change.
    pub floors: governance_api::Floors,
    /// As governance takes them; later ones are voted.
    pub params: governance_api::Params,
}

/// What the command line puts in place of the file's values.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub rpc: Vec<String>,
    pub mnemonic_file: Option<PathBuf>,
    pub address_book: Option<PathBuf>,
    pub artifacts: Option<PathBuf>,
}

impl Config {
    /// Reads the file, applies the overrides (whose paths start at the working directory) and checks the whole.
    pub fn load(path: &Path, overrides: &Overrides) -> Result<Self, DeployError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|e| DeployError::Config { path: shown.clone(), problems: vec![e.to_string()] })?;
        let mut config: Config = toml::from_str(&text)
            .map_err(|e| DeployError::Config { path: shown.clone(), problems: vec![e.to_string()] })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for relative in [&mut config.address_book, &mut config.artifacts] {
            *relative = folder.join(&*relative);
        }
        for relative in
            [&mut config.key.mnemonic_file, &mut config.key.key_file, &mut config.key.passphrase_file]
                .into_iter()
                .flatten()
        {
            *relative = folder.join(&*relative);
        }
        config.apply(overrides);
        let problems = config.problems();
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(DeployError::Config { path: shown, problems })
        }
    }

    fn apply(&mut self, overrides: &Overrides) {
        if !overrides.rpc.is_empty() {
            self.chain.rpc = overrides.rpc.clone();
        }
        if let Some(file) = &overrides.mnemonic_file {
            self.key = Key { mnemonic_file: Some(file.clone()), ..Key::default() };
        }
        if let Some(path) = &overrides.address_book {
            self.address_book = path.clone();
        }
        if let Some(path) = &overrides.artifacts {
            self.artifacts = path.clone();
        }
    }

    /// What the type system does not say, all of it at once.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |holds: bool, problem: String| {
            if !holds {
                problems.push(problem);
            }
        };
        let chain = &self.chain;
        check(
            !chain.id.is_empty(),
            "chain.id is empty: name the chain, such as \"akash-local-1\"".to_owned(),
        );
        check(!chain.rpc.is_empty(), "chain.rpc names no endpoint: give at least one http(s) URL".to_owned());
        for url in &chain.rpc {
            check(
                url.starts_with("http://") || url.starts_with("https://"),
                format!("chain.rpc {url:?}: expected http://HOST:PORT or https://HOST"),
            );
        }
        check(
            !chain.bech32_prefix.is_empty() && chain.bech32_prefix.chars().all(|c| c.is_ascii_lowercase()),
            format!(
                "chain.bech32_prefix {:?}: expected lower case letters, such as \"wasm\"",
                chain.bech32_prefix
            ),
        );
        check(
            (100..=1000).contains(&chain.gas_percent),
            format!("chain.gas_percent {}: expected 100 to 1000", chain.gas_percent),
        );
        check(
            (1..=10_000).contains(&chain.timeout_blocks),
            format!("chain.timeout_blocks {}: expected 1 to 10000", chain.timeout_blocks),
        );
        let named =
            [("owner", &self.owner), ("admin", &self.admin), ("staking.treasury", &self.staking.treasury)];
        for (key, address) in named {
            if let Some(address) = address {
                check(
                    address.starts_with(&format!("{}1", chain.bech32_prefix)),
                    format!(
                        "{key} {address:?}: expected an address that begins with {}1",
                        chain.bech32_prefix
                    ),
                );
            }
        }
        let hand_over = self.hands_over();
        for (key, address) in [("owner", &self.owner), ("admin", &self.admin)] {
            check(
                !hand_over || address.is_none(),
                format!("{key} and governance.hand_over exclude each other: remove one"),
            );
        }
        let key = &self.key;
        let given = [key.mnemonic_file.is_some(), key.mnemonic_env.is_some(), key.key_file.is_some()];
        let given = given.iter().filter(|given| **given).count();
        check(
            given == 1,
            format!("key has {given} sources: give exactly one of mnemonic_file, mnemonic_env and key_file"),
        );
        check(
            key.key_file.is_some() || (key.passphrase_env.is_none() && key.passphrase_file.is_none()),
            "key.passphrase_env and key.passphrase_file go with key.key_file alone: remove them".to_owned(),
        );
        problems.extend(self.parameter_problems());
        problems
    }

    /// Bounds that the contracts enforce, told before anything is paid for.
    fn parameter_problems(&self) -> Vec<String> {
        use market_api::limits as market;
        use staking_api::limits as staking;
        let mut problems = Vec::new();
        let m = &self.market;
        let mut within = |key: &str, value: u64, least: u64, most: u64| {
            if !(least..=most).contains(&value) {
                problems.push(format!("{key} is {value}: expected {least} to {most}"));
            }
        };
        let unbonding = (staking::MIN_UNBONDING_SECONDS, staking::MAX_UNBONDING_SECONDS);
        within("staking.unbonding_seconds", self.staking.unbonding_seconds, unbonding.0, unbonding.1);
        within("market.denoms (how many)", m.denoms.len() as u64, 1, market::MAX_DENOMS as u64);
        within("market.activation_window", m.activation_window, 1, market::MAX_ACTIVATION_WINDOW);
        within("market.notice_window", m.notice_window, 0, market::MAX_NOTICE_WINDOW);
        within("market.match_window", m.match_window, 1, market::MAX_MATCH_WINDOW);
        within("market.max_bid_window", m.max_bid_window, m.min_bid_window, market::MAX_BID_WINDOW);
        within("market.max_term", m.max_term, m.min_term, market::MAX_TERM);
        within("market.expiry_jail", m.expiry_jail, 0, market::MAX_FAULT_JAIL_SECONDS);
        if let Some(governance) = &self.governance {
            governance.bounds(&mut within);
        }
        let mut fraction =
            |key: &str, value: Bps, most: u16| within(key, u64::from(value.0), 0, u64::from(most));
        fraction("market.expiry_slash", m.expiry_slash, market::MAX_FAULT_SLASH_BPS);
        fraction("market.break_slash", m.break_slash, market::MAX_FAULT_SLASH_BPS);
        fraction("market.break_penalty", m.break_penalty, market::MAX_BREAK_PENALTY_BPS);
        let traded = |denom: &str| m.denoms.iter().any(|d| d.denom == denom);
        for (from, to) in &self.sdl_denoms {
            if !traded(to) {
                problems.push(format!("sdl_denoms.{from} is {to:?}, which market.denoms does not list"));
            }
        }
        problems
    }

    /// Whether governance owns everything in the end.
    pub fn hands_over(&self) -> bool {
        self.governance.as_ref().is_some_and(|governance| governance.hand_over)
    }

    /// Progress of this deployment, beside the address book.
    pub fn state_path(&self) -> PathBuf {
        let stem =
            self.address_book.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        self.address_book.with_file_name(format!("{stem}.progress.json"))
    }

    pub fn staking_params(&self, owner: &str) -> staking_api::Params {
        let staking = &self.staking;
        staking_api::Params {
            denom: staking.denom.clone(),
            unbonding_seconds: staking.unbonding_seconds,
            treasury: staking.treasury.clone().unwrap_or_else(|| owner.to_owned()),
            on_activation_expired: staking.on_activation_expired,
            on_lease_broken: staking.on_lease_broken,
            on_governance: staking.on_governance,
        }
    }
}

impl Governance {
    /// Bounds that the contract enforces.
    fn bounds(&self, within: &mut impl FnMut(&str, u64, u64, u64)) {
        use governance_api::limits as most;
        let (p, f) = (&self.params, &self.floors);
        within("governance.floors.voting_seconds", f.voting_seconds, 1, most::MAX_VOTING_SECONDS);
        within("governance.floors.timelock_seconds", f.timelock_seconds, 1, most::MAX_TIMELOCK_SECONDS);
        let (least, longest) = (f.timelock_seconds, most::MAX_UPGRADE_TIMELOCK_SECONDS);
        within("governance.floors.upgrade_timelock_seconds", f.upgrade_timelock_seconds, least, longest);
        let mut of_params = |key: &str, value: u64, least: u64, most: u64| {
            within(&format!("governance.params.{key}"), value, least, most);
        };
        of_params("voting_seconds", p.voting_seconds, f.voting_seconds, most::MAX_VOTING_SECONDS);
        of_params("timelock_seconds", p.timelock_seconds, f.timelock_seconds, most::MAX_TIMELOCK_SECONDS);
        let least = f.upgrade_timelock_seconds.max(p.timelock_seconds);
        of_params("upgrade_timelock_seconds", p.upgrade_timelock_seconds, least, longest);
        let execution = (most::MIN_EXECUTION_SECONDS, most::MAX_EXECUTION_SECONDS);
        of_params("execution_seconds", p.execution_seconds, execution.0, execution.1);
        let mut fraction = |key: &str, value: Bps, least: u16, most: u16| {
            of_params(key, value.0.into(), least.into(), most.into());
        };
        fraction("quorum", p.quorum, most::MIN_QUORUM_BPS, most::MAX_QUORUM_BPS);
        fraction("threshold", p.threshold, most::MIN_THRESHOLD_BPS, most::MAX_THRESHOLD_BPS);
        fraction("veto", p.veto, most::MIN_VETO_BPS, most::MAX_VETO_BPS);
    }
}

fn default_artifacts() -> PathBuf {
    PathBuf::from("../target/artifacts")
}

fn default_gas_percent() -> u64 {
    140
}

fn default_timeout_blocks() -> u64 {
    30
}

fn gas_price<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<GasPrice, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: &str = include_str!("../../../deployments/local.toml");
    const TESTNET: &str = include_str!("../../../deployments/testnet.example.toml");

    fn load(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(&path, &Overrides::default()).map_err(|e| e.to_string())
    }

    #[test]
    fn the_templates_are_valid() {
        assert_eq!(load(LOCAL).unwrap().chain.id, "akash-local-1");
        load(TESTNET).unwrap();
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line() {
        let error = load(&LOCAL.replace("notice_window", "notise_window")).unwrap_err();
        assert!(error.contains("notise_window"), "{error}");
        assert!(error.contains("line"), "{error}");
        assert!(error.contains("notice_window"), "it should name what is accepted: {error}");
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let broken = LOCAL
            .replace("break_slash = 500", "break_slash = 9000")
            .replace("\"http://127.0.0.1:26657\"", "\"ws://127.0.0.1:26657\"")
            .replace("uakt = \"uakash\"", "uakt = \"uother\"");
        let error = load(&broken).unwrap_err();
        for expected in ["market.break_slash is 9000", "ws://127.0.0.1:26657", "sdl_denoms.uakt"] {
            assert!(error.contains(expected), "{expected} missing in: {error}");
        }
    }

    #[test]
    fn governance_is_deployed_when_the_file_says_so_and_its_bounds_are_told() {
        let (without, _) = LOCAL.split_once("[governance]").unwrap();
        let config = load(without).unwrap();
        assert!(config.governance.is_none());
        assert_eq!(crate::artifact::Contract::of(&config).len(), 3);
        assert!(load(LOCAL).unwrap().hands_over());
        let config = load(TESTNET).unwrap();
        assert!(config.hands_over());
        let contracts: Vec<_> = crate::artifact::Contract::of(&config).iter().map(|c| c.name()).collect();
        assert_eq!(contracts, ["staking", "registry", "market", "governance"]);
        let broken = TESTNET
            .replace("quorum = 4000", "quorum = 8001")
            .replace("execution_seconds = 604800", "execution_seconds = 60");
        let error = load(&broken).unwrap_err();
        for expected in
            ["governance.params.quorum is 8001: expected 1000 to 8000", "governance.params.execution_seconds"]
        {
            assert!(error.contains(expected), "{expected} missing in: {error}");
        }
    }

    #[test]
    fn a_hand_over_to_governance_leaves_no_other_owner_or_admin() {
        for key in ["owner", "admin"] {
            let both = format!("{key} = \"wasm1x\"\n{TESTNET}");
            let error = load(&both).unwrap_err();
            assert!(error.contains(&format!("{key} and governance.hand_over exclude each other")), "{error}");
        }
    }

    #[test]
    fn two_key_sources_are_refused() {
        let error = load(&LOCAL.replace("[key]", "[key]\nmnemonic_env = \"X\"")).unwrap_err();
        assert!(error.contains("key has 2 sources"), "{error}");
    }

    #[test]
    fn a_gas_price_without_denom_is_refused() {
        let error = load(&LOCAL.replace("\"0.025uakash\"", "\"0.025\"")).unwrap_err();
        assert!(error.contains("gas price"), "{error}");
    }

    #[test]
    fn paths_start_at_the_folder_of_the_file_and_overrides_win() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        std::fs::write(&path, LOCAL).unwrap();
        let config = Config::load(&path, &Overrides::default()).unwrap();
        assert!(config.artifacts.starts_with(folder.path()));
        let overrides =
            Overrides { address_book: Some("/elsewhere/book.json".into()), ..Overrides::default() };
        let config = Config::load(&path, &overrides).unwrap();
        assert_eq!(config.state_path(), Path::new("/elsewhere/book.progress.json"));
    }
}
