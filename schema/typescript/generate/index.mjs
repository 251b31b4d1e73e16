// Writes everything that follows from the schemas: src/generated and docs/events.md. Needs nothing but node.
//
//   node generate/index.mjs            writes the files that differ
//   node generate/index.mjs --check    writes nothing; fails and names the files that differ

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { common, contractModule, suiteModule } from "./clients.mjs";
import { eventsModule, eventsPage, readEvents } from "./events.mjs";
import { CONTRACTS, read, same } from "./schema.mjs";

const schemas = new URL("../../", import.meta.url);
const generated = new URL("../src/generated/", import.meta.url);

const contracts = CONTRACTS.map((contract) => read(schemas, contract));

/** Types that several contracts define alike. */
function sharedTypes() {
  const shared = new Map();
  for (const [index, contract] of contracts.entries()) {
    for (const [name, schema] of contract.types) {
      const others = contracts.slice(index + 1).filter((other) => other.types.has(name));
      if (others.length && others.every((other) => same(other.types.get(name), schema))) shared.set(name, schema);
    }
  }
  // A name that means different things in two contracts belongs to each of them.
  for (const [name, schema] of shared) {
    if (contracts.some(({ types }) => types.has(name) && !same(types.get(name), schema))) shared.delete(name);
  }
  return shared;
}

const shared = sharedTypes();
const events = readEvents(schemas);
const files = [
  [new URL("common.ts", generated), common(shared)],
  ...contracts.map((contract) => [new URL(`${contract.name}.ts`, generated), contractModule(contract, shared)]),
  [new URL("suite.ts", generated), suiteModule()],
  [new URL("events.ts", generated), eventsModule(events)],
  [new URL("../docs/events.md", schemas), eventsPage(events)],
];

const now = (file) => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
};

const stale = files.filter(([file, text]) => now(file) !== text);
const names = stale.map(([file]) => fileURLToPath(file));
if (process.argv.includes("--check")) {
  if (stale.length) {
    console.error(`not as the schemas say: run "npm run generate" in schema/typescript and commit\n  ${names.join("\n  ")}`);
    process.exit(1);
  }
  console.log(`${files.length} generated files are as the schemas say`);
} else {
  mkdirSync(generated, { recursive: true });
  for (const [file, text] of stale) writeFileSync(file, text);
  console.log(stale.length ? `wrote\n  ${names.join("\n  ")}` : "nothing to write");
}
