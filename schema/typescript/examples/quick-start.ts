// Posts an order, shows its book, and takes the money back.
//   node dist/examples/quick-start.js ADDRESS-BOOK MNEMONIC-FILE

import { readFileSync } from "node:fs";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { Account, type AddressBook, ContractRefusal, firstOf, Reader } from "cloud-market-client";

const [bookFile = "", mnemonicFile = ""] = process.argv.slice(2);
const book: AddressBook = JSON.parse(readFileSync(bookFile, "utf8"));

// Reading needs no key.
const { suite, client } = await Reader.connect(book);
const { orders_open } = await suite.market.totals();
console.log(`${orders_open} open orders, market at ${suite.market.address}`);

// Signing takes any CosmJS signer; in a browser that of the wallet, such as `window.keplr.getOfflineSigner(chainId)`.
const mnemonic = readFileSync(mnemonicFile, "utf8").trim();
const signer = await DirectSecp256k1HdWallet.fromMnemonic(mnemonic, { prefix: book.bech32_prefix });
const tenant = await Account.open(book, signer);

const max_price = { denom: book.gas_price.denom, amount: "3600000" };
const resources = { cpu: 500, memory: 536870912, storage: [], bandwidth: 0, endpoints: 1, count: 1 };
const requirements = { attributes: [], min_stake: "0" };
const posted = await tenant.suite.market.createDeployment(
  {
    version: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    orders: [
      {
        group: { name: "westcoast", resources: [resources], requirements },
        term: 3600,
        max_price,
        bid_window: 600,
        fallback: false,
      },
    ],
  },
  [max_price],
);
const { deployment, order, open_until } = firstOf(posted.events, "market", "order_created");
console.log(`order ${order} takes bids until ${new Date(open_until * 1000).toISOString()}`);

// Every page of a list, one after the other.
for await (const bid of suite.market.allBook({ order })) {
  console.log(`${bid.provider} asks ${bid.price}`);
}

// What a contract refuses is an error with the contract's own words; nothing changed then.
try {
  await tenant.suite.market.match({ order });
} catch (error) {
  if (!(error instanceof ContractRefusal)) throw error;
  console.log(`not yet: ${error.reason}`);
}

const closed = await tenant.suite.market.closeDeployment({ deployment });
const { refunded } = firstOf(closed.events, "market", "order_closed");
console.log(`${refunded}${max_price.denom} came back`);

tenant.disconnect();
client.disconnect();
