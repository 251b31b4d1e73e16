// What the generated modules of all contracts stand on.

import type { Coin } from "@cosmjs/stargate";
import type { SuiteEvent } from "./events.js";

/** Coins that go with a message; empty for none. */
export type Funds = readonly Coin[];

/** A message: an object with one key, its name. */
export type OneOf<Args> = { [Name in keyof Args]: { [Only in Name]: Args[Name] } }[keyof Args];

/** One page of a list. Pass `next` as `start_after` for the page that follows; without it this is the last one. */
export interface Page<Item, Cursor> {
  items: Item[];
  next?: Cursor | null;
}

/** What answers queries. */
export interface Source {
  query<Answer>(address: string, message: object): Promise<Answer>;
}

/** What signs and sends messages. */
export interface Sender {
  send(address: string, message: object, funds: Funds): Promise<Outcome>;
}

/** A transaction that took effect. */
export interface Outcome {
  readonly hash: string;
  readonly height: number;
  readonly gasUsed: bigint;
  /** Events of the suite's contracts, in order. */
  readonly events: readonly SuiteEvent[];
}
