import type { OfflineSigner } from "@cosmjs/proto-signing";
import { type DeliverTxResponse, GasPrice, SigningStargateClient } from "@cosmjs/stargate";
import type { AddressBook } from "./address-book.js";
import type { Funds, Outcome, Sender } from "./contract.js";
import { BadSetup, refusal, understand } from "./errors.js";
import { readEvents } from "./events.js";
import { senderSuite, type SuiteMessages } from "./generated/suite.js";
import { addressIn, ensureDeployed, firstAnswering } from "./reader.js";
import { aminoTypes, executeMessage, registry } from "./wasm.js";

/** A message on its way to a contract. */
export interface Instruction {
  readonly address: string;
  readonly message: object;
  readonly funds?: Funds;
}

export interface AccountOptions {
  /** How often a transaction is looked for, in milliseconds. */
  readonly pollMs?: number;
  /** After which a transaction counts as not included, in milliseconds. */
  readonly timeoutMs?: number;
  /** Gas given for each unit of simulated gas: the state may change between simulation and block. */
  readonly gasFactor?: number;
}

/**
 * Signs and sends for one key. Transactions go one after the other: the next is signed once the last is in a block,
 * because an account's transactions are numbered.
 */
export class Account implements Sender {
  /** The contracts' messages, by contract. */
  readonly suite: SuiteMessages;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly book: AddressBook,
    private readonly client: SigningStargateClient,
    readonly address: string,
    private readonly gasFactor: number,
  ) {
    this.suite = senderSuite(this, addressIn(book));
  }

  /** For the signer's first key. Any CosmJS signer will do: a mnemonic's, a browser wallet's, a ledger's. */
  static async open(book: AddressBook, signer: OfflineSigner, options: AccountOptions = {}): Promise<Account> {
    const [key] = await signer.getAccounts();
    if (!key) throw new BadSetup("the signer has no key");
    if (!key.address.startsWith(`${book.bech32_prefix}1`)) {
      throw new BadSetup(`the signer's address is ${key.address}, those of ${book.chain_id} begin with ${book.bech32_prefix}1`);
    }
    const client = SigningStargateClient.createWithSigner(await firstAnswering(book), signer, {
      registry: registry(),
      aminoTypes: aminoTypes(),
      gasPrice: GasPrice.fromString(`${book.gas_price.amount}${book.gas_price.denom}`),
      broadcastPollIntervalMs: options.pollMs ?? 1_000,
      broadcastTimeoutMs: options.timeoutMs ?? 60_000,
    });
    return new Account(book, client, key.address, options.gasFactor ?? 1.5);
  }

  send(address: string, message: object, funds: Funds = []): Promise<Outcome> {
    return this.sendAll([{ address, message, funds }]);
  }

  /** Several messages in one transaction: all take effect, or none. */
  sendAll(instructions: readonly Instruction[]): Promise<Outcome> {
    const outcome = this.last.then(() => this.broadcast(instructions));
    this.last = outcome.catch(() => undefined);
    return outcome;
  }

  private async broadcast(instructions: readonly Instruction[]): Promise<Outcome> {
    const messages = instructions.map(({ address, message, funds = [] }) => {
      ensureDeployed(address);
      return executeMessage(this.address, address, message, funds);
    });
    let result: DeliverTxResponse;
    try {
      result = await this.client.signAndBroadcast(this.address, messages, this.gasFactor);
    } catch (error) {
      throw understand(error);
    }
    if (result.code !== 0) throw refusal(result.rawLog ?? `code ${result.code}`, result.transactionHash);
    return {
      hash: result.transactionHash,
      height: result.height,
      gasUsed: result.gasUsed,
      events: readEvents(this.book, result.events),
    };
  }

  disconnect(): void {
    this.client.disconnect();
  }
}
