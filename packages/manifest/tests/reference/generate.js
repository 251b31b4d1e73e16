// Random manifest files that use every feature of the language, the same ones for the same seed.

import { dump } from "js-yaml";

/** A small generator of numbers (mulberry32), so that a seed names a file for ever. */
function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(next() * count);
  const one = (list) => list[below(list.length)];
  const chance = (probability) => next() < probability;
  const some = (list, least = 0) => {
    const shuffled = [...list].sort(() => next() - 0.5);
    return shuffled.slice(0, least + below(list.length - least + 1));
  };
  return { below, one, chance, some, from: (least, most) => least + below(most - least + 1) };
}

const NAMES = ["web", "api", "db", "cache", "a", "z9", "a-b", "a0", "ab", "0a", "worker-1", "worker-10", "worker-2"];
const PLACEMENTS = ["dcloud", "akash", "west", "east", "us-west-2", "0", "z"];
const PROFILES = ["web", "small", "large", "Gpu_Profile", "with space", "p.1", "10", "2", "ünïcode"];
const VOLUMES = ["data", "cache", "default", "shm", "v1", "v10", "v2"];
const ADDRESSES = ["myip", "my_ip", "ip-1", "abc", "zz", "ab2"];
const IMAGES = [
  "nginx", "nginx:1.27", "library/redis:7-alpine", "images.example.org/org/app:v1.2.3", "localhost:5000/x/y:z",
  "images.example.net/a/b@sha256:" + "ab".repeat(32), "registry.example.com:443/team/app_name:1.0_x",
];
const TEXTS = [
  "a", "hello world", "$HOME", "<b>&amp;</b>", "a=b=c", "\"quoted\"", "it's", "back\\slash", "tab\there",
  "two\nlines", "", " lead", "trail ", "# no comment", "- no list", "{}", "null", "true", "080", "1e3", "~",
  "2024-01-01", "émoji 🚀", "\u2028", "quantity", "sequenceNumber", "\"quantity\":", "yes", "0x1F", ":", "a: b",
  "\u0001", "long ".repeat(40),
];
const SIZES = [
  "512Mi", "1Gi", "1.5Gi", "100M", "1G", "0.5Ti", "10k", "3KB", "7mb", "1024b", "64ki", "0.1Gi", "1.0005Mi", "2TI",
  "123456789B", "1Pi", "3.3gb",
];

function quantityOfCpu({ one, from }) {
  return one([0.1, 0.25, 0.5, 1, 2, 1.5, 64, "100m", "250M", "1", "0.5", "1.25", "1500m", "16", from(1, 256)]);
}

function gpu({ below, one, chance, some, from }) {
  if (chance(0.2)) return { units: 0 };
  const model = () => ({
    model: one(["a100", "h100", "rtx4090", "RTX-3090", "t4", "*", "gtx1080ti", "l40s"]),
    ...(chance(0.4) && { ram: one(["80Gi", "24Gi", "40gi", "", "16Gi"]) }),
    ...(chance(0.4) && { interface: one(["pcie", "sxm"]) }),
  });
  const nvidia = chance(0.25) ? null : Array.from({ length: below(4) }, model);
  return { units: one([1, 2, 8, "1", "4", "02", from(1, 100)]), attributes: { vendor: { nvidia } } };
}

function attributes({ one, some }) {
  const keys = ["arch", "region", "a_b", "a-b", "a.b", "a/b", "a*b", "a0", "ab", "10", "2", "feature/x"];
  const values = ["amd64", "true", true, false, 1, 0.5, -3, 1.5e3, "a b", "ü", 100000000000000000000];
  return Object.fromEntries(some(keys).map((key) => [key, one(values)]));
}

function volumes(r) {
  const volume = (name) => {
    const made = { size: r.one(SIZES) };
    if (name !== undefined) made.name = name;
    if (r.chance(0.5)) {
      const choices = [
        {}, { persistent: false }, { persistent: true }, { persistent: "true" }, { persistent: "false" },
        { class: "beta2" }, { class: "beta3", persistent: true }, { class: "default", persistent: false },
        { class: "ram" }, { class: "ram", persistent: false }, { persistent: true, class: "beta1" },
      ];
      const attributes = r.one(name === undefined ? choices.filter((one) => String(one.persistent) !== "true") : choices);
      made.attributes = { ...attributes };
    }
    return made;
  };
  if (r.chance(0.4)) return volume(r.chance(0.3) ? "data" : undefined);
  const named = r.some(VOLUMES, 1).slice(0, 5);
  const list = named.map(volume);
  if (!named.includes("default") && r.chance(0.5)) list.unshift(volume(undefined));
  return list;
}

function httpOptions({ one, chance, some, from, off }) {
  const cases = ["error", "timeout", "500", "502", "503", "504", "403", "404", "429"];
  return {
    ...(chance(0.5) && { max_body_size: one([0, 1, 104857600, 1e6, from(1, 1e8)]) }),
    ...(chance(0.5) && { read_timeout: from(0, 60000) }),
    ...(chance(0.5) && { send_timeout: from(0, 60000) }),
    ...(chance(0.5) && { next_tries: from(0, 10) }),
    ...(chance(0.5) && { next_timeout: from(0, 100000) }),
    ...(chance(0.5) && { next_cases: off && chance(0.4) ? ["off"] : some(cases, off ? 1 : 0) }),
  };
}

/** Doors that are taken: on an address over the whole file, otherwise within one service. */
function exposed(r, names, addresses, doors) {
  const own = new Set();
  return Array.from({ length: r.from(1, 5) }, () => {
    const port = r.one([80, 443, 8080, 53, 1, 65535, 3000, 5432, 26657]);
    const proto = r.one([undefined, "tcp", "udp", "TCP", "UDP"]);
    const expose = { port };
    if (r.chance(0.4)) expose.as = r.one([80, 443, 81, 65535, 1]);
    if (proto) expose.proto = proto;
    if (r.chance(0.2)) expose.accept = r.some(["a.example.com", "b.example.com", "localhost", "X.Example.ORG"]);
    if (r.chance(0.2)) expose.http_options = httpOptions(r);
    if (r.chance(0.9)) {
      const door = `${expose.as ?? port}/${(proto ?? "tcp").toLowerCase()}`;
      expose.to = [];
      for (let i = r.below(4); i > 0; i--) {
        const kind = r.one(["global", "global", "ip", "service", "service", "both", "closed"]);
        const service = r.one(names);
        const address = r.one(ADDRESSES);
        const taken = (set, key) => set.has(key) || !set.add(key);
        if (kind === "ip" && !taken(doors, `${address} ${door}`)) {
          addresses.add(address);
          expose.to.push({ global: true, ip: address });
        } else if (kind === "global" && !taken(own, `global ${door}`)) {
          expose.to.push({ global: true });
        } else if (kind === "service" && !taken(own, `${service} ${door}`)) {
          expose.to.push(r.chance(0.3) ? { service, global: false } : { service });
        } else if (kind === "both" && !taken(own, `both ${service} ${door}`)) {
          expose.to.push({ service, global: true });
        } else if (kind === "closed" && !taken(own, `closed ${door}`)) {
          expose.to.push({ global: false });
        }
      }
    }
    return expose;
  });
}

function service(r, names, addresses, doors) {
  const made = { image: r.one(IMAGES) };
  if (r.chance(0.3)) made.command = r.chance(0.2) ? null : r.some(TEXTS).slice(0, 4);
  if (r.chance(0.3)) made.args = r.chance(0.2) ? null : r.some(TEXTS).slice(0, 4);
  if (r.chance(0.5)) {
    const keys = r.some(["A", "LEVEL", "_x", "PATH", "a.b", "X-Y", "ALONE"]);
    made.env = r.chance(0.1) ? null : keys.map((key) => (key === "ALONE" ? key : `${key}=${r.one(TEXTS)}`));
  }
  if (r.chance(0.85)) made.expose = exposed(r, names, addresses, doors);
  if (r.chance(0.2)) {
    made.credentials = {
      host: r.one(["registry.example.org", "https://index.example.org/v1/", "images.example.org"]),
      username: r.one(["me", "ünï", "a&b"]),
      password: r.one(["hunter2", "<secret>", "p\"a'ss\\w", "ghp_" + "x".repeat(36)]),
      ...(r.chance(0.3) && { email: "me@example.com" }),
    };
  }
  if (r.chance(0.2)) made.dependencies = r.some(names).map((name) => ({ service: name }));
  return made;
}

function params(r, profile) {
  const volumes = [profile.resources.storage].flat().filter((volume) => volume.name);
  const made = {};
  if (r.chance(0.3)) made.permissions = r.chance(0.2) ? {} : { read: r.some(["deployment", "logs"]) };
  const mounted = volumes.filter(
    (volume) => String(volume.attributes?.persistent) === "true" || r.chance(0.5),
  );
  let bare = r.chance(0.2);
  if (mounted.length > 0) {
    made.storage = {};
    for (const volume of mounted) {
      const persistent = String(volume.attributes?.persistent) === "true";
      const mount = bare && !persistent ? {} : { mount: `/mnt/${volume.name}` };
      if (mount.mount === undefined) bare = false;
      if (r.chance(0.4)) mount.readOnly = r.chance(0.5);
      made.storage[volume.name] = mount;
    }
  } else if (r.chance(0.1)) {
    made.storage = {};
  }
  return Object.keys(made).length > 0 || r.chance(0.1) ? made : undefined;
}

/** A file without a mistake, as an object. */
function sound(r) {
  // The SDK refuses an empty list of cases after a list with `off` and takes it otherwise, so no file has both.
  r.off = r.chance(0.5);
  const names = r.some(NAMES, 1).slice(0, 5);
  const profileNames = r.some(PROFILES, 1).slice(0, 3);
  const placementNames = r.some(PLACEMENTS, 1).slice(0, 3);
  const compute = Object.fromEntries(
    profileNames.map((name) => [
      name,
      {
        resources: {
          cpu: { units: quantityOfCpu(r), ...(r.chance(0.2) && { attributes: attributes(r) }) },
          memory: { size: r.one(SIZES) },
          storage: volumes(r),
          ...(r.chance(0.35) && { gpu: gpu(r) }),
        },
      },
    ]),
  );
  const price = () => ({
    denom: r.one(["uakt", "uact", "ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1"]),
    amount: r.one([1, 100, 0.5, "1000", "0.001", 1e6, 0]),
  });
  const placement = Object.fromEntries(
    placementNames.map((name) => [
      name,
      {
        ...(r.chance(0.4) && { attributes: attributes(r) }),
        ...(r.chance(0.3) && { signedBy: r.one([{}, { anyOf: ["akash1a"] }, { anyOf: [], allOf: ["akash1b", "akash1c"] }]) }),
        pricing: Object.fromEntries(profileNames.map((profile) => [profile, price()])),
      },
    ]),
  );
  const addresses = new Set();
  const doors = new Set();
  const services = {};
  const deployment = {};
  for (const name of names) {
    const profile = r.one(profileNames);
    services[name] = service(r, names, addresses, doors);
    const made = params(r, compute[profile]);
    if (made !== undefined) services[name].params = made;
    deployment[name] = Object.fromEntries(
      r.some(placementNames, 1).map((placement) => [placement, { profile, count: r.one([1, 1, 2, 3, 10, 1000]) }]),
    );
  }
  const file = { version: r.one(["2.0", "2.1"]), services, profiles: { compute, placement }, deployment };
  if (addresses.size > 0 || r.chance(0.1)) {
    file.endpoints = Object.fromEntries([...addresses].sort(() => r.from(-1, 1)).map((name) => [name, { kind: "ip" }]));
  }
  if (r.chance(0.05)) file.include = r.some(["other.yaml", "third.yaml"]);
  return file;
}

/** Every map and list inside, with the way to it. */
function containers(value, found = []) {
  if (value !== null && typeof value === "object") {
    found.push(value);
    for (const inner of Object.values(value)) containers(inner, found);
  }
  return found;
}

const ODD = [
  null, true, false, 0, -1, 1, 1.5, 65536, 1e21, "", "x", "80", "true", [], {}, [null], [[]], { x: 1 }, "ip", "ram", "2.0",
  "/", "/data", "tcp", "http", "uakt", "ibc/x", "0", "0m", "1Gi", "512MiB", "2cores", "-1", "1.5", " ", "a b", "web",
];

/** The file with something in it changed, added or taken away. */
function changed(r, file) {
  const places = containers(file).filter((place) => Object.keys(place).length > 0);
  const place = r.one(places);
  const key = r.one(Object.keys(place));
  const other = r.one(places);
  const choice = r.below(5);
  if (choice === 0 && !Array.isArray(place)) delete place[key];
  else if (choice === 1) place[key] = r.one(ODD);
  else if (choice === 2) place[key] = structuredClone(other[r.one(Object.keys(other))]);
  else if (choice === 3 && !Array.isArray(place)) place[r.one([...Object.keys(other), "x", "attributes"])] = r.one(ODD);
  else if (choice === 4 && Array.isArray(place)) place.push(structuredClone(place[key]));
  return file;
}

/** `{ source, sound }`: the text of a file, and whether it is one without a mistake. */
export function generated(seed) {
  const r = random(seed);
  let file = sound(r);
  const mistaken = r.chance(0.3);
  if (mistaken) for (let i = r.from(1, 2); i > 0; i--) file = changed(r, structuredClone(file));
  const source = r.chance(0.1)
    ? JSON.stringify(file, null, r.one([0, 2]))
    : dump(file, {
        flowLevel: r.one([-1, -1, -1, 2, 4, 6]),
        lineWidth: r.one([-1, 80, 40]),
        noRefs: r.chance(0.5),
        quotingType: r.one(["'", "\""]),
        forceQuotes: r.chance(0.2),
        indent: r.one([2, 4]),
        sortKeys: r.chance(0.3),
      });
  return { source, sound: !mistaken };
}
