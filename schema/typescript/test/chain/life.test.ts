// An order's whole life with two competing providers, and everything else that the client offers, on a real chain.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  Account,
  allOf,
  BadSetup,
  ChainRefusal,
  ContractRefusal,
  firstOf,
  type governance,
  type market,
  readEvents,
  Reader,
  Unreachable,
} from "../../src/index.js";
import { book, coins, denom, fund, newSigner, openAccount, root, until } from "./lab.js";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const VERSION = sha256("a manifest");
const NEWER = sha256("a newer manifest");
const TERM = 3600;
const MAX_PRICE = 3_600_000;
/** Seconds in which nothing that a test does can end. */
const LONG = 86_400;
const STAKE = 5_000_000;

let reader: Reader;
let tenant: Account;
let cheap: Account;
let dear: Account;
let deployment: number;
let orders: number[];
let bidSeconds = 15;

function order(name: string, bidWindow: number): market.OrderSpec {
  const resources = { cpu: 500, memory: 2 ** 29, storage: [], bandwidth: 0, endpoints: 1, count: 1 };
  const requirements = { attributes: [{ key: "region", value: "eu" }], min_stake: String(STAKE) };
  return {
    group: { name, resources: [resources], requirements },
    term: TERM,
    max_price: { denom, amount: String(MAX_PRICE) },
    bid_window: bidWindow,
    fallback: false,
  };
}

/** The order that everything happens to. */
function first(): number {
  const [id] = orders;
  assert.ok(id, "the deployment has orders");
  return id;
}

function second(): number {
  const [, id] = orders;
  assert.ok(id, "the deployment has a second order");
  return id;
}

before(async () => {
  reader = await Reader.connect(book);
  const signers = await fund([50_000_000, 20_000_000, 20_000_000]);
  [tenant, cheap, dear] = (await Promise.all(signers.map(openAccount))) as [Account, Account, Account];
});

after(() => {
  for (const client of [reader, tenant, cheap, dear]) client?.disconnect();
});

test("providers register, publish a root and stake", async () => {
  await Promise.all(
    [cheap, dear].map(async (provider) => {
      const attributes = [{ key: "region", value: "eu" }];
      const registered = await provider.suite.registry.register({ endpoints: ["https://host.example:8443"], attributes });
      assert.deepEqual(firstOf(registered.events, "registry", "provider_registered").endpoints, [
        "https://host.example:8443",
      ]);
      const published = await provider.suite.registry.publishRoot({ der: await root(reader, provider.address) });
      const { fingerprint, not_after } = firstOf(published.events, "registry", "root_published");
      const roots = await reader.suite.registry.roots({ account: provider.address });
      assert.deepEqual(roots.items.map((item) => [item.fingerprint, item.not_after]), [[fingerprint, not_after]]);
      const staked = await provider.suite.staking.stake(coins(STAKE));
      assert.equal(firstOf(staked.events, "staking", "stake_bonded").bonded, String(STAKE));
      assert.equal((await reader.suite.staking.stake({ provider: provider.address })).bonded, String(STAKE));
    }),
  );
});

/** A deployment whose first order takes bids for `bidSeconds`, and the bids on it; false when they came too late. */
async function bidding(): Promise<boolean> {
  const specs = [order("web", bidSeconds), order("api", LONG), order("jobs", LONG)];
  const posted = await tenant.suite.market.createDeployment({ version: VERSION, orders: specs }, coins(3 * MAX_PRICE));
  deployment = firstOf(posted.events, "market", "deployment_created").deployment;
  orders = allOf(posted.events, "market", "order_created").map((event) => event.order);
  assert.equal(orders.length, 3);
  const results = await Promise.allSettled([
    dear.suite.market.placeBid({ order: first(), price: "2500000" }, coins(5000)),
    cheap.suite.market
      .placeBid({ order: first(), price: "2450000" }, coins(5000))
      .then(() => cheap.suite.market.lowerBid({ order: first(), price: "2400000" })),
  ]);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) {
    const late = (await reader.suite.market.order({ order: first() })).phase !== "bidding";
    if (!late) throw failed.reason;
    await tenant.suite.market.closeDeployment({ deployment });
    return false;
  }
  const [placed, lowered] = results.map((result) => (result.status === "fulfilled" ? result.value.events : []));
  assert.equal(firstOf(placed ?? [], "market", "bid_placed").deposit, "5000");
  assert.equal(firstOf(lowered ?? [], "market", "bid_lowered").old_price, "2450000");
  return true;
}

test("a tenant posts a deployment, providers bid", async () => {
  // On a machine so slow that bidding is over before the bids are there, it takes another, longer time.
  while (!(await bidding())) bidSeconds *= 2;
  await dear.suite.market.placeBid({ order: second(), price: "2500000" }, coins(5000));
});

test("the same event is read from the transaction as the chain keeps it", async () => {
  const updated = await tenant.suite.market.updateDeployment({ deployment, version: NEWER });
  const kept = await until("the transaction by its hash", async () => (await reader.client.getTx(updated.hash)) ?? undefined);
  assert.deepEqual(readEvents(book, kept.events), [...updated.events]);
  const event = firstOf(updated.events, "market", "deployment_updated");
  assert.deepEqual([event.deployment, event.tenant, event.revision], [deployment, tenant.address, 2]);
});

test("lists are read in pages by cursor", async () => {
  const filter: market.OrderFilter = { deployment: { deployment } };
  const page = await reader.suite.market.orders({ filter, limit: 2 });
  assert.deepEqual(page.items.map((item) => item.id), orders.slice(0, 2));
  assert.equal(page.next, orders[1]);
  const rest = await reader.suite.market.orders({ filter, limit: 2, start_after: page.next });
  assert.deepEqual(rest.items.map((item) => item.id), orders.slice(2));
  assert.equal(rest.next ?? null, null);

  const all = [];
  for await (const item of reader.suite.market.allOrders({ filter, limit: 1 })) {
    all.push(item.id);
  }
  assert.deepEqual(all, orders);

  // The cursor of a book is a place in it.
  const front = await reader.suite.market.book({ order: first(), limit: 1 });
  assert.deepEqual(front.items.map((bid) => [bid.provider, bid.price]), [[cheap.address, "2400000"]]);
  const behind = await reader.suite.market.book({ order: first(), limit: 1, start_after: front.next });
  assert.deepEqual(behind.items.map((bid) => [bid.provider, bid.price]), [[dear.address, "2500000"]]);
  assert.equal(behind.next ?? null, null);

  const found = [];
  for await (const provider of reader.suite.registry.allProviders({ limit: 1 })) {
    found.push(provider.owner);
  }
  assert.ok(found.includes(cheap.address) && found.includes(dear.address));
});

test("what a contract or the chain refuses is an error of its own type", async () => {
  const absent = 4_000_000_000;
  await assert.rejects(reader.suite.market.order({ order: absent }), (error) => {
    assert.ok(error instanceof ContractRefusal, String(error));
    assert.match(error.reason, /^there is no order 4000000000$/);
    assert.equal(error.hash, null);
    return true;
  });
  await assert.rejects(dear.suite.market.placeBid({ order: second(), price: "2000000" }, coins(5000)), (error) => {
    assert.ok(error instanceof ContractRefusal, String(error));
    assert.equal(error.reason, `${dear.address} already bid on order ${second()}: lower that bid or withdraw it`);
    return true;
  });
  await assert.rejects(cheap.suite.market.closeDeployment({ deployment }), (error) => {
    assert.ok(error instanceof ContractRefusal, String(error));
    return true;
  });
  await assert.rejects(tenant.suite.staking.stake(coins(10 ** 15)), (error) => {
    assert.ok(error instanceof ChainRefusal, String(error));
    assert.equal(error.reason, "insufficient-funds");
    return true;
  });
  const penniless = await openAccount(await newSigner());
  await assert.rejects(penniless.suite.market.match({ order: first() }), (error) => {
    assert.ok(error instanceof ChainRefusal, String(error));
    assert.equal(error.reason, "no-account");
    return true;
  });
  penniless.disconnect();
  await assert.rejects(Reader.connect({ ...book, chain_id: "another-chain-1" }), BadSetup);
  await assert.rejects(Reader.connect({ ...book, rpc: ["http://127.0.0.1:1"] }), Unreachable);
  await assert.rejects(async () => {
    const bare = await Reader.connect({ ...book, contracts: {} });
    await bare.suite.market.totals();
  }, BadSetup);
});

test("stakers propose and vote", async () => {
  const { params, denom: stakeDenom } = await reader.suite.governance.config();
  const send = { bank: { send: { to_address: tenant.address, amount: coins(1) } } };
  const description = "One unit of the treasury to the tenant.";
  const messages: governance.ExecuteArgs["propose"]["messages"] = [send];
  const deposit = [{ denom: stakeDenom, amount: params.deposit }];
  const proposed = await cheap.suite.governance.propose({ title: "Pay a unit", description, messages }, deposit);
  const { proposal, upgrade } = firstOf(proposed.events, "governance", "proposal_created");
  assert.equal(upgrade, false);

  const [yes, no] = await Promise.all([
    cheap.suite.governance.vote({ proposal, vote: "yes" }),
    dear.suite.governance.vote({ proposal, vote: "no" }),
  ]);
  assert.equal(firstOf(yes.events, "governance", "proposal_voted").weight, String(STAKE));
  assert.equal(firstOf(no.events, "governance", "proposal_voted").vote, "no");
  const asked = await reader.suite.governance.proposal({ proposal });
  assert.deepEqual(asked.messages, messages);
  assert.equal(asked.proposal.status, "voting");
  const { yes: forIt, no: against, abstain, veto } = asked.proposal.tally;
  assert.deepEqual([forIt, against, abstain, veto], [String(STAKE), String(STAKE), "0", "0"]);
  assert.equal((await reader.suite.governance.vote({ proposal, voter: dear.address }))?.vote, "no");
  assert.equal(await reader.suite.governance.vote({ proposal, voter: tenant.address }), null);
  await assert.rejects(dear.suite.governance.vote({ proposal, vote: "yes" }), ContractRefusal);
});

test("the lowest bid wins, is paid by the second, and everything else comes back", async () => {
  const over = async () => (await reader.suite.market.order({ order: first() })).phase === "matching";
  await until("the end of bidding", over, bidSeconds);
  const matched = await tenant.suite.market.match({ order: first() });
  const { lease, provider, price, refunded } = firstOf(matched.events, "market", "order_matched");
  assert.deepEqual([provider, price, refunded], [cheap.address, "2400000", String(MAX_PRICE - 2_400_000)]);
  await dear.suite.market.reclaimDeposit({ order: first(), provider: dear.address });

  const activated = await cheap.suite.market.activate({ lease, version: NEWER });
  assert.equal(firstOf(activated.events, "market", "lease_activated").lease, lease);
  const live = reader.suite.market.leases({ filter: { live_of_provider: { provider: cheap.address } } });
  assert.deepEqual((await live).items.map((item) => [item.id, item.phase]), [[lease, "active"]]);

  await until("a second that is paid", async () => BigInt((await reader.suite.market.lease({ lease })).earned) > 0n);
  // By anyone, to the payout address.
  const paid = firstOf((await dear.suite.market.withdraw({ lease })).events, "market", "lease_withdrawn");
  assert.deepEqual([paid.payout, paid.amount, paid.withdrawn], [cheap.address, paid.earned, paid.earned]);

  const closed = await tenant.suite.market.closeDeployment({ deployment });
  const ended = firstOf(closed.events, "market", "lease_ended");
  assert.equal(ended.reason, "tenant_closed");
  assert.equal(BigInt(ended.earned) + BigInt(ended.refunded), 2_400_000n);
  assert.equal(allOf(closed.events, "market", "order_closed").length, 2);
  assert.equal(firstOf(closed.events, "market", "deployment_closed").live, 0);

  const record = await reader.suite.market.lease({ lease });
  const served = BigInt(record.ends_at - (record.started_at ?? 0));
  assert.equal(BigInt(record.earned), (2_400_000n * served) / BigInt(TERM));
  if (record.earned !== record.withdrawn) await cheap.suite.market.withdraw({ lease });
  const settled = await reader.suite.market.lease({ lease });
  assert.equal(settled.withdrawn, settled.earned);

  const [ofMarket, ofStaking, ofGovernance] = await Promise.all([
    reader.suite.market.invariants(),
    reader.suite.staking.invariants(),
    reader.suite.governance.invariants(),
  ]);
  assert.deepEqual([ofMarket.holds, ofStaking.holds, ofGovernance.holds], [true, true, true]);
});

test("several messages in one transaction take effect together or not at all", async () => {
  const { address } = tenant.suite.market;
  const create = (name: string) => ({
    address,
    message: { create_deployment: { version: VERSION, orders: [order(name, LONG)] } } satisfies market.ExecuteMsg,
    funds: coins(MAX_PRICE),
  });
  const outcome = await tenant.sendAll([create("one"), create("two")]);
  const created = allOf(outcome.events, "market", "deployment_created").map((event) => event.deployment);
  assert.equal(new Set(created).size, 2);
  assert.deepEqual([...new Set(outcome.events.map((event) => event.message))], [0, 1]);

  const [one = 0, two = 0] = created;
  const close = (id: number) => ({ address, message: { close_deployment: { deployment: id } } satisfies market.ExecuteMsg });
  await assert.rejects(tenant.sendAll([close(one), close(deployment)]), ContractRefusal);
  assert.equal((await reader.suite.market.deployment({ deployment: one })).state, "active");

  // Sent at the same time by one account, they go one after the other.
  const closed = await Promise.all([tenant.sendAll([close(one)]), tenant.sendAll([close(two)])]);
  assert.deepEqual(
    closed.map((outcome) => firstOf(outcome.events, "market", "deployment_closed").deployment),
    [one, two],
  );
});

test("the quick start of the documentation runs", () => {
  const script = join(import.meta.dirname, "../../examples/quick-start.js");
  const keys = process.env["SUITE_KEYS"] ?? "";
  const files = [process.env["SUITE_ADDRESS_BOOK"] ?? "", join(keys, "tenant.mnemonic")];
  const said = execFileSync(process.execPath, [script, ...files], { encoding: "utf8", timeout: 300_000 });
  assert.match(said, /open orders, market at /);
  assert.match(said, /not yet: order \d+ takes bids until/);
  assert.match(said, /3600000uakash came back/);
});
