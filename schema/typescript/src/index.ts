export { Account, type AccountOptions, type Instruction } from "./account.js";
export type { AddressBook } from "./address-book.js";
export type { Funds, OneOf, Outcome, Page, Sender, Source } from "./contract.js";
export {
  BadSetup,
  ChainRefusal,
  type ChainReason,
  ContractRefusal,
  NotIncluded,
  SuiteError,
  Unreachable,
} from "./errors.js";
export { allOf, firstOf, type RawEvent, readEvents, type SuiteEvent } from "./events.js";
export { Reader } from "./reader.js";
export type * from "./generated/common.js";
export type * from "./generated/events.js";
export type { ContractName, SuiteMessages, SuiteQueries } from "./generated/suite.js";
export * as governance from "./generated/governance.js";
export * as market from "./generated/market.js";
export * as registry from "./generated/registry.js";
export * as staking from "./generated/staking.js";
