import { StargateClient } from "@cosmjs/stargate";
import { type CometClient, connectComet } from "@cosmjs/tendermint-rpc";
import type { AddressBook } from "./address-book.js";
import type { Source } from "./contract.js";
import { BadSetup, understand, Unreachable } from "./errors.js";
import { type ContractName, sourceSuite, type SuiteQueries } from "./generated/suite.js";
import { smartQueries } from "./wasm.js";

/** The address of a contract; empty when the book has none, which fails when it is used. */
export const addressIn =
  (book: AddressBook) =>
  (name: ContractName): string =>
    book.contracts[name]?.address ?? "";

export function ensureDeployed(address: string): void {
  if (address === "") throw new BadSetup("the address book has no such contract");
}

/** The first endpoint that answers, for the chain that the book is of. */
export async function firstAnswering(book: AddressBook): Promise<CometClient> {
  let last: unknown;
  for (const endpoint of book.rpc) {
    try {
      const comet = await connectComet(endpoint);
      const { network } = (await comet.status()).nodeInfo;
      if (network === book.chain_id) return comet;
      comet.disconnect();
      last = new BadSetup(`${endpoint} is of chain ${network}, the address book of ${book.chain_id}`);
    } catch (error) {
      last = error;
    }
  }
  if (last instanceof BadSetup) throw last;
  throw new Unreachable(`none of ${book.rpc.join(", ") || "no endpoints"} answers`, { cause: last });
}

/** Asks the contracts. Needs no key. */
export class Reader implements Source {
  /** The contracts' queries, by contract. */
  readonly suite: SuiteQueries;
  /** For what is not a query of the suite: balances, blocks, transactions. */
  readonly client: StargateClient;
  private readonly ask: (address: string, message: object) => Promise<unknown>;

  private constructor(book: AddressBook, comet: CometClient) {
    this.suite = sourceSuite(this, addressIn(book));
    this.client = StargateClient.create(comet);
    this.ask = smartQueries(comet);
  }

  static async connect(book: AddressBook): Promise<Reader> {
    return new Reader(book, await firstAnswering(book));
  }

  async query<Answer>(address: string, message: object): Promise<Answer> {
    ensureDeployed(address);
    try {
      return (await this.ask(address, message)) as Answer;
    } catch (error) {
      throw understand(error);
    }
  }

  disconnect(): void {
    this.client.disconnect();
  }
}
