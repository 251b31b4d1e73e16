// Reads the events of a transaction or a block as the contracts mean them.

import type { AddressBook } from "./address-book.js";
import { READINGS, type SuiteEvents } from "./generated/events.js";
import { CONTRACT_NAMES, type ContractName } from "./generated/suite.js";

/** An event as the chain reports it. */
export interface RawEvent {
  readonly type: string;
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
}

type EventsOf<Contract extends ContractName> = {
  [Name in keyof SuiteEvents[Contract]]: {
    readonly contract: Contract;
    readonly name: Name;
    readonly attributes: SuiteEvents[Contract][Name];
    /** Index of the message in its transaction. */
    readonly message: number | null;
  };
}[keyof SuiteEvents[Contract]];

/** Any event of any contract of the suite; `contract` and `name` tell which. */
export type SuiteEvent = { [Contract in ContractName]: EventsOf<Contract> }[ContractName];

const PREFIX = "wasm-";

function read(reading: string | undefined, text: string): unknown {
  switch (reading) {
    case "number":
      return Number(text);
    case "flag":
      return text === "true";
    case "list":
      return text === "" ? [] : text.split(",");
    default:
      return text;
  }
}

/** The events that the suite's contracts emitted; those of others, of the same name or not, are left out. */
export function readEvents(book: AddressBook, raw: readonly RawEvent[]): SuiteEvent[] {
  const deployed = CONTRACT_NAMES.filter((name) => book.contracts[name]);
  const names = new Map(deployed.map((name) => [book.contracts[name]?.address, name]));
  const found: SuiteEvent[] = [];
  for (const { type, attributes } of raw) {
    if (!type.startsWith(PREFIX)) continue;
    const contract = names.get(attributes.find(({ key }) => key === "_contract_address")?.value);
    if (contract === undefined) continue;
    const readings: Readonly<Record<string, string>> = READINGS[contract];
    const message = attributes.find(({ key }) => key === "msg_index")?.value;
    const own = attributes.filter(({ key }) => key !== "_contract_address" && key !== "msg_index" && key !== "mode");
    found.push({
      contract,
      name: type.slice(PREFIX.length),
      attributes: Object.fromEntries(own.map(({ key, value }) => [key, read(readings[key], value)])),
      message: message === undefined ? null : Number(message),
    } as unknown as SuiteEvent);
  }
  return found;
}

/** The attributes of all events of one name. */
export function allOf<Contract extends ContractName, Name extends keyof SuiteEvents[Contract]>(
  events: readonly SuiteEvent[],
  contract: Contract,
  name: Name,
): SuiteEvents[Contract][Name][] {
  return events
    .filter((event) => event.contract === contract && event.name === name)
    .map((event) => event.attributes as unknown as SuiteEvents[Contract][Name]);
}

/** The attributes of the first event of one name; fails when there is none. */
export function firstOf<Contract extends ContractName, Name extends keyof SuiteEvents[Contract]>(
  events: readonly SuiteEvent[],
  contract: Contract,
  name: Name,
): SuiteEvents[Contract][Name] {
  const [first] = allOf(events, contract, name);
  if (first === undefined) {
    const names = events.map((event) => `${event.contract}.${event.name}`).join(", ");
    throw new Error(`expected an event ${contract}.${String(name)}, found ${names || "none"}`);
  }
  return first;
}
