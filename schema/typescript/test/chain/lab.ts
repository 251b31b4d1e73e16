// A chain with the suite on it, as scripts/typescript starts it, and accounts that no other run has used.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { X509Certificate } from "node:crypto";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { GasPrice, SigningStargateClient } from "@cosmjs/stargate";
import { Account, type AddressBook, type Reader } from "../../src/index.js";

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run scripts/typescript chain`);
  return value;
}

export const book: AddressBook = JSON.parse(readFileSync(setting("SUITE_ADDRESS_BOOK"), "utf8"));
export const denom = book.gas_price.denom;
export const endpoint = book.rpc[0] ?? "";
export const coins = (amount: number | string) => [{ denom, amount: String(amount) }];

const POLL_MS = 200;
/** Far more than anything here takes; a chain that stands still is told apart from a slow one by nothing else. */
const LIMIT_MS = 120_000;

/** Asks until there is an answer, for what takes this long anyway. */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined | false>,
  takesSeconds = 0,
): Promise<Answer> {
  const limit = takesSeconds * 1_000 + LIMIT_MS;
  const end = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`waited ${limit} ms in vain for ${what}`);
    await sleep(POLL_MS);
  }
}

export function openAccount(signer: DirectSecp256k1HdWallet): Promise<Account> {
  return Account.open(book, signer, { pollMs: POLL_MS, timeoutMs: LIMIT_MS });
}

export const newSigner = () => DirectSecp256k1HdWallet.generate(12, { prefix: book.bech32_prefix });

/** New accounts with money, in the order of the amounts. */
export async function fund(amounts: readonly number[]): Promise<DirectSecp256k1HdWallet[]> {
  const mnemonic = readFileSync(join(setting("SUITE_KEYS"), "faucet.mnemonic"), "utf8").trim();
  const faucet = await DirectSecp256k1HdWallet.fromMnemonic(mnemonic, { prefix: book.bech32_prefix });
  const [from] = await faucet.getAccounts();
  if (!from) throw new Error("the faucet has no key");
  const bank = await SigningStargateClient.connectWithSigner(endpoint, faucet, {
    gasPrice: GasPrice.fromString(`${book.gas_price.amount}${denom}`),
    broadcastPollIntervalMs: POLL_MS,
    broadcastTimeoutMs: LIMIT_MS,
  });
  const signers = [];
  const messages = [];
  for (const amount of amounts) {
    const signer = await newSigner();
    const [to] = await signer.getAccounts();
    const value = { fromAddress: from.address, toAddress: to?.address, amount: coins(amount) };
    messages.push({ typeUrl: "/cosmos.bank.v1beta1.MsgSend", value });
    signers.push(signer);
  }
  const sent = await bank.signAndBroadcast(from.address, messages, 1.5);
  if (sent.code !== 0) throw new Error(`the faucet could not pay: ${sent.rawLog}`);
  bank.disconnect();
  return signers;
}

const ROOT = `[req]
distinguished_name = subject
x509_extensions = root
prompt = no
[subject]
CN = ACCOUNT
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
`;

/** A certificate root of the account, valid on the chain by the time that this returns. */
export async function root(reader: Reader, account: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "root-"));
  try {
    writeFileSync(join(folder, "root.cnf"), ROOT.replace("ACCOUNT", account));
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem"];
    const out = ["-config", "root.cnf", "-sha256", "-days", "30", "-outform", "DER", "-out", "root.der"];
    execFileSync("openssl", ["req", "-x509", ...curve, ...out], { cwd: folder, stdio: "pipe" });
    const der = readFileSync(join(folder, "root.der"));
    // The chain's clock is that of its latest block, which may be behind this machine's.
    const begins = Date.parse(new X509Certificate(der).validFrom);
    await until("a block within the certificate's time", async () => {
      return Date.parse((await reader.client.getBlock()).header.time) > begins;
    });
    return der.toString("base64");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
