// Generated from the JSON Schemas by `npm run generate`. Do not edit.

import type { Sender, Source } from "../contract.js";
import { MarketMessages, MarketQueries } from "./market.js";
import { StakingMessages, StakingQueries } from "./staking.js";
import { RegistryMessages, RegistryQueries } from "./registry.js";
import { GovernanceMessages, GovernanceQueries } from "./governance.js";

export const CONTRACT_NAMES = ["market", "staking", "registry", "governance"] as const;

export type ContractName = (typeof CONTRACT_NAMES)[number];

/** What the contracts answer. */
export interface SuiteQueries {
  readonly market: MarketQueries;
  readonly staking: StakingQueries;
  readonly registry: RegistryQueries;
  readonly governance: GovernanceQueries;
}

/** What the contracts take. */
export interface SuiteMessages {
  readonly market: MarketMessages;
  readonly staking: StakingMessages;
  readonly registry: RegistryMessages;
  readonly governance: GovernanceMessages;
}

export const sourceSuite = (source: Source, of: (name: ContractName) => string): SuiteQueries => ({
  market: new MarketQueries(source, of("market")),
  staking: new StakingQueries(source, of("staking")),
  registry: new RegistryQueries(source, of("registry")),
  governance: new GovernanceQueries(source, of("governance")),
});

export const senderSuite = (sender: Sender, of: (name: ContractName) => string): SuiteMessages => ({
  market: new MarketMessages(sender, of("market")),
  staking: new StakingMessages(sender, of("staking")),
  registry: new RegistryMessages(sender, of("registry")),
  governance: new GovernanceMessages(sender, of("governance")),
});
