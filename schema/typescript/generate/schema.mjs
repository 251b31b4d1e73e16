// Reads the JSON Schemas of a contract and gathers every type that they define under one name each.

import { readFileSync } from "node:fs";

/** Folder of the schema, name in TypeScript, and name in the address book. */
export const CONTRACTS = [
  { folder: "market", name: "market", type: "Market" },
  { folder: "staking", name: "staking", type: "Staking" },
  { folder: "provider-registry", name: "registry", type: "Registry" },
  { folder: "governance", name: "governance", type: "Governance" },
];

/** Names of generic types lose what only Rust needs to know. */
export const typeName = (name) => name.replace(/_for_Empty$/, "");

const sorted = (value) =>
  Array.isArray(value)
    ? value.map(sorted)
    : value && typeof value === "object"
      ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
      : value;

/** Two definitions are the same type when they say the same, in whatever order. */
const canonical = (schema) => {
  const plain = sorted(schema);
  if (plain.oneOf) plain.oneOf = plain.oneOf.map((one) => JSON.stringify(one)).sort();
  return JSON.stringify(plain);
};

export const same = (a, b) => canonical(a) === canonical(b);

function add(types, name, schema, where) {
  const known = types.get(name);
  if (known && !same(known, schema)) throw new Error(`${where} defines ${name} otherwise than another part does`);
  if (!known) types.set(name, schema);
}

function take(types, document, where) {
  const { $schema, title, definitions = {}, ...root } = document;
  for (const [name, schema] of Object.entries(definitions)) add(types, name, schema, where);
  return { title, root };
}

/** Whether a schema is a page: its items, and the cursor of the next one. */
export const isPage = (schema) =>
  schema.type === "object" && Object.keys(schema.properties ?? {}).sort().join() === "items,next";

/** One contract: its types by name, its messages and queries with what each query answers. */
export function read(root, contract) {
  const path = new URL(`${contract.folder}/${contract.folder}.json`, root);
  const document = JSON.parse(readFileSync(path, "utf8"));
  const types = new Map();
  const instantiate = take(types, document.instantiate, "instantiate");
  const migrate = take(types, document.migrate, "migrate");
  const execute = take(types, document.execute, "execute");
  const query = take(types, document.query, "query");
  const answers = new Map();
  for (const [name, answer] of Object.entries(document.responses)) {
    const { title, root: schema } = take(types, answer, `the answer to ${name}`);
    const named = schema.type === "object" && !isPage(schema);
    if (named) add(types, title, schema, `the answer to ${name}`);
    answers.set(name, named ? { $ref: `#/definitions/${title}` } : schema);
  }
  return {
    ...contract,
    version: document.contract_version,
    types,
    instantiate: instantiate.root,
    migrate: migrate.root,
    execute: variants(execute.root),
    query: variants(query.root),
    answers,
  };
}

/** Messages are an enum of objects with one key: the message's name, and its arguments. */
function variants(schema) {
  return schema.oneOf.map((variant) => {
    const [name] = variant.required;
    return { name, description: variant.description, args: variant.properties[name] };
  });
}
