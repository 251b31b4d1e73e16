// Writes NAME.json and NAME.version beside every NAME.yaml of a directory, as Akash's own SDK computes them.
//
//   node write.js DIRECTORY

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reference } from "./reference.js";

const [directory] = process.argv.slice(2);
for (const name of readdirSync(directory)) {
  if (!name.endsWith(".yaml")) continue;
  const path = join(directory, name.slice(0, -".yaml".length));
  const answer = await reference(readFileSync(`${path}.yaml`, "utf8"));
  if (answer.refused !== undefined) throw new Error(`${path}.yaml: ${answer.refused}`);
  writeFileSync(`${path}.json`, answer.manifest);
  writeFileSync(`${path}.version`, `${answer.version}\n`);
}
