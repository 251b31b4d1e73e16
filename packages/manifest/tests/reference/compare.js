// Compares this repository's implementation with Akash's own SDK.
//
//   node compare.js COMPILE DIRECTORY...      every *.yaml of the directories
//   node compare.js COMPILE --generate SEED COUNT [--keep DIRECTORY]
//                                             COUNT files from generate.js; those that fail are kept
//
// COMPILE is the program `target/debug/examples/compile`. The answer must be the same bytes and the same version, or
// a refusal by both. A file that only this repository refuses is counted and listed with its reasons; in generated
// files without a mistake there must be none. Ends with 1 when anything else comes out.

import { execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { generated } from "./generate.js";
import { reference } from "./reference.js";

const [compile, ...args] = process.argv.slice(2);
const files = [];
let keep;
if (args[0] === "--generate") {
  const [seed, count] = [Number(args[1]), Number(args[2])];
  keep = args[3] === "--keep" ? args[4] : undefined;
  const directory = mkdtempSync(join(tmpdir(), "sdl-"));
  for (let i = 0; i < count; i++) {
    const { source, sound } = generated(seed + i);
    const path = join(directory, `${seed + i}.yaml`);
    writeFileSync(path, source);
    files.push({ path, sound });
  }
} else {
  for (const directory of args) {
    for (const name of readdirSync(directory).sort()) {
      if (name.endsWith(".yaml")) files.push({ path: join(directory, name), sound: false });
    }
  }
}

const input = files.map((file) => file.path).join("\n") + "\n";
const lines = execFileSync(compile, { input, maxBuffer: 1 << 30 }).toString().trim().split("\n");
const counts = { same: 0, bothRefuse: 0, onlyHereRefused: 0, failed: 0 };
for (const [index, file] of files.entries()) {
  const here = JSON.parse(lines[index]);
  const there = await reference(readFileSync(file.path, "utf8"));
  const fail = (what) => {
    counts.failed++;
    console.log(`${file.path}: ${what}`);
    if (keep) {
      mkdirSync(keep, { recursive: true });
      writeFileSync(join(keep, basename(file.path)), readFileSync(file.path));
    }
  };
  if (here.errors && there.refused !== undefined) {
    counts.bothRefuse++;
  } else if (here.errors) {
    counts.onlyHereRefused++;
    if (file.sound) fail(`only refused here: ${here.errors.join(" | ")}`);
    else console.log(here.errors.join("\n"));
  } else if (there.refused !== undefined) {
    fail(`only refused there: ${there.refused}`);
  } else if (here.manifest !== there.manifest) {
    let at = 0;
    while (here.manifest[at] === there.manifest[at]) at++;
    fail(`differs: ${here.manifest.slice(at - 40, at + 40)} here, ${there.manifest.slice(at - 40, at + 40)} there`);
  } else if (here.version !== there.version) {
    fail("the versions differ");
  } else {
    counts.same++;
  }
}
console.log(JSON.stringify(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;
